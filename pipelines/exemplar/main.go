// Command exemplar is every step of the workflow in one program: images to shards, to a
// model, to latents, to the few images that stand for all.
//
//	exemplar quickstart --input=crops/
//	exemplar help
//
// A runner of Beam starts it as a worker, without a command, for any of the steps.
//
// What never enters: test helpers.
package main

import (
	"exemplar/pipelines/internal/cli"
	"exemplar/pipelines/internal/cli/runner"
	"exemplar/pipelines/internal/command/compare"
	"exemplar/pipelines/internal/command/decode"
	"exemplar/pipelines/internal/command/encode"
	"exemplar/pipelines/internal/command/export"
	importcmd "exemplar/pipelines/internal/command/import"
	"exemplar/pipelines/internal/command/query"
	"exemplar/pipelines/internal/command/quickstart"
	"exemplar/pipelines/internal/command/report"
	selectcmd "exemplar/pipelines/internal/command/select"
	"exemplar/pipelines/internal/command/shard"
	"exemplar/pipelines/internal/command/train"
	"exemplar/pipelines/internal/command/verify"
)

func main() { program.Main() }

var program = cli.Commands{
	Name: "exemplar", About: "picks the real images that stand for a collection",
	List: []cli.Command{
		quickstart.Command, shard.Command, train.Command, importcmd.Command, encode.Command, decode.Command,
		selectcmd.Command, report.Command, query.Command, verify.Command, export.Command,
		compare.Command,
	},
	Worker: runner.On(runner.Worker),
}

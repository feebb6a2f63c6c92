package cli

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"exemplar/model"
)

// release is the version of a program that deploy/release built, which sets it.
var release string

// version says what this program is, and ends it.
func (p *program) version() {
	if err := checkKernels(); err != nil {
		p.exit(err)
	}
	printVersion(p.out, p.name)
	p.exit(nil)
}

// checkKernels refuses a path of the kernels that the environment forces and that is not
// there.
func checkKernels() error {
	if err := model.CheckKernels(); err != nil {
		return usageError{err}
	}
	return nil
}

// printVersion says what this program was built from, and what it computes models with.
func printVersion(w io.Writer, name string) {
	version, commit := "unknown version", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version, commit = cmp.Or(release, info.Main.Version), commitOf(info.Settings)
	}
	kernels, routines := model.Kernels()
	fmt.Fprintf(w, "%s %s\n%s%s %s/%s\nkernel %s, %s routines\n", name, version, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH, kernels, routines)
}

// commitOf is the line of the commit that a program was built from, "" where the build
// does not tell.
func commitOf(settings []debug.BuildSetting) (line string) {
	changed := ""
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			line = "commit " + s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = ", with changes"
		}
	}
	if line == "" {
		return ""
	}
	return line + changed + "\n"
}

package encoding

import (
	"context"
	"fmt"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
)

// way is a way to make the files: with the column object_fraction or without, in a format.
type way struct {
	object bool
	format string // LatentsSpec.Format
}

// today is how a folder is made now, and earlier how earlier versions did.
var (
	today   = way{true, schemas.LatentsFormat3}
	earlier = []way{{false, ""}, {true, ""}}
)

// settle decides how the files are made, and computes the fingerprints. Where files of an earlier
// version stay, the others are made the same way: all files of a folder have the same columns and format.
func (p *plan) settle(ctx context.Context, resume, again bool) error {
	if again {
		return p.setWay(today)
	}
	var ways []outdir.Made
	for _, m := range earlier {
		if err := p.setWay(m); err != nil {
			return err
		}
		made := outdir.Made{Fingerprint: p.fingerprint}
		for _, s := range p.specs {
			made.Parts = append(made.Parts, s.Fingerprint)
		}
		ways = append(ways, made)
	}
	i, err := outdir.MadeBefore(ctx, p.options.Folder, ways, resume)
	if err != nil {
		return err
	}
	if i < 0 {
		return p.setWay(today)
	}
	return p.setWay(earlier[i])
}

// setWay computes the fingerprints of files made so.
func (p *plan) setWay(m way) error {
	p.options.Format, p.spec.Format = m.format, m.format
	return p.setColumns(m.object)
}

// setColumns computes the fingerprints of files with the column or without it.
func (p *plan) setColumns(object bool) error {
	p.options.ObjectFraction, p.spec.ObjectFraction = object, object
	return p.setFingerprints()
}

// columnNote says that the column is missing, of a run that encodes something.
func (p *plan) columnNote() []string {
	if p.spec.ObjectFraction {
		return nil
	}
	return []string{fmt.Sprintf("the files of an earlier version stay, which lack the column %s, and so do those that are made now; Config.Overwrite makes all with it", schemas.ColObject)}
}

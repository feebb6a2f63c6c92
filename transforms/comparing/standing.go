package comparing

import (
	"context"
	"fmt"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// finished reports whether the comparison that is there is this one, and whole.
func (p *plan) finished(ctx context.Context, there *schemas.CompareManifest) (bool, error) {
	if there.Fingerprint != p.manifest.Fingerprint {
		return false, nil
	}
	if seal, err := outdir.SealComparison(*there); err != nil || seal != there.SHA256 {
		return false, err
	}
	for _, f := range there.Files {
		if ok, err := outdir.HasSize(ctx, store.Join(p.config.Output, f.File), f.Bytes); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// replaces refuses to replace a finished comparison of something else.
func (p *plan) replaces(_ context.Context, there *schemas.CompareManifest, _ []struct{}) error {
	m := &p.manifest
	if there.Fingerprint == m.Fingerprint {
		return nil
	}
	out := p.config.output()
	out.Parameters = choices(m.Parameters)
	differences := out.Differs(choices(there.Parameters))
	if there.Shards != m.Shards {
		differences = append(differences, fmt.Sprintf("Config.Input holds other images here (%.12s) than there (%.12s)", m.Shards, there.Shards))
	}
	for i, of := range m.Models {
		if i < len(there.Models) && there.Models[i].Folder == of.Folder && there.Models[i].SHA256 != of.SHA256 {
			differences = append(differences, fmt.Sprintf("%s of Config.Models is another model here (%.12s) than there (%.12s)", of.Folder, of.SHA256, there.Models[i].SHA256))
		}
	}
	return out.Refuse(differences)
}

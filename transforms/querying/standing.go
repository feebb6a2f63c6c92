package querying

import (
	"context"
	"fmt"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// finished reports whether the query that is there is this one, and whole.
func (p *plan) finished(ctx context.Context, there *schemas.QueryManifest) (bool, error) {
	if there.Fingerprint != p.manifest.Fingerprint {
		return false, nil
	}
	if seal, err := outdir.SealQuery(*there); err != nil || seal != there.SHA256 {
		return false, err
	}
	for _, f := range there.Files {
		if ok, err := outdir.HasSize(ctx, store.Join(p.config.Output, f.File), f.Bytes); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// replaces refuses to replace a finished query of something else.
func (p *plan) replaces(_ context.Context, there *schemas.QueryManifest, _ []struct{}) error {
	m := &p.manifest
	if there.Fingerprint == m.Fingerprint {
		return nil
	}
	out := p.config.output()
	out.Parameters = choices(m.Parameters, m.Shards != "")
	differences := out.Differs(choices(there.Parameters, there.Shards != ""))
	switch {
	case there.Latents != m.Latents:
		differences = append(differences, fmt.Sprintf("Config.Input holds other latents here (%.12s) than there (%.12s)", m.Latents, there.Latents))
	case len(differences) == 0 && m.Query != nil && there.Query != nil && *m.Query != *there.Query:
		differences = append(differences, "Config.Image is another image of that name here")
	}
	return out.Refuse(differences)
}

package selecting

import (
	"context"
	"fmt"
	"slices"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/engine"
	"exemplar/transforms/store"
)

// replaces refuses to replace a finished selection of other parameters, of another
// model, or of images that do not stand in the latents any more; a report beside it
// would go with it. A collection that has grown goes on.
func (c Config) replaces(ctx context.Context, out engine.Output, o *Options) error {
	if c.Overwrite {
		return nil
	}
	m, ok, err := engine.ReadManifest[schemas.SelectionManifest](ctx, store.Join(c.Output, schemas.SelectionFile))
	if err != nil || !ok || m.Fingerprint == o.Fingerprint || m.Validate() != nil {
		return err
	}
	differences := out.Differs(c.choicesOf(&m, o))
	if was, is := &m.Parameters.Picking, &o.Parameters.Picking; len(differences) == 0 {
		differences = append(differences, otherNames("include", was.Include, is.Include)...)
		differences = append(differences, otherNames("exclude", was.Exclude, is.Exclude)...)
		if was.Extend != nil && is.Extend != nil && was.Extend.Selection != is.Extend.Selection {
			differences = append(differences, "--extend names another selection here")
		}
	}
	if m.ModelSHA256 != o.ModelSHA256 && !c.ModelDerived {
		differences = append(differences, fmt.Sprintf("the latents are of model %.12s here and were of %.12s there", o.ModelSHA256, m.ModelSHA256))
	}
	if m.Latents != o.Latents && o.Rows < m.Rows {
		differences = append(differences, fmt.Sprintf("--input has %s here and had %s there", words.Plural(o.Rows, "image", "images"), words.Count(m.Rows)))
	}
	return out.Refuse(differences)
}

// choicesOf returns the choices of a finished selection. What the data may decide counts
// as decided there where it was by the same rule.
func (c Config) choicesOf(m *schemas.SelectionManifest, o *Options) []engine.Parameter {
	given := func(list []string) string {
		if len(list) > 0 {
			return "given"
		}
		return ""
	}
	then := c // the same flags, for what was there
	then.Include, then.Exclude, then.Extend, then.Shards = given(m.Parameters.Picking.Include), given(m.Parameters.Picking.Exclude), "", ""
	if m.Parameters.Picking.Extend != nil {
		then.Extend = "given"
	}
	if m.Images {
		then.Shards = "given"
	}
	list := then.choices(m.Parameters)
	derived := then.choices(c.parameters(m.Rows, m.Space.Dimension))
	for i := range list {
		if m.Latents == o.Latents || list[i].Value != derived[i].Value {
			list[i].Derived = false // of the same data the same flags give the same
		}
	}
	return list
}

// otherNames says that a list names other images.
func otherNames(flag string, was, is []string) []string {
	if slices.Equal(was, is) {
		return nil
	}
	return []string{fmt.Sprintf("--%s names other images here (%s) than there (%s)", flag, words.Count(len(is)), words.Count(len(was)))}
}

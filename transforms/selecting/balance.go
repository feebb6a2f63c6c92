package selecting

import (
	"fmt"
	"slices"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/selection/where"
)

// balancing reads Config.Balance; it is nil without one.
func (c Config) balancing() (schemas.Balancing, error) {
	if c.Balance == "" {
		return nil, nil
	}
	b, err := schemas.ParseBalance(c.Balance)
	if err != nil {
		return nil, fmt.Errorf("Config.Balance: %w", err)
	}
	return b, nil
}

// balanced gives the columns of Config.Balance the names that they have in latents.
func (c Config) balanced(spec *schemas.LatentsSpec) (Config, error) {
	b, err := c.balancing()
	if err != nil {
		return c, err
	}
	columns := append(slices.Clone(spec.Metadata), schemas.ColLabel)
	for i := range b {
		name := b[i].Column
		if b[i].Column, err = where.Column(b[i].Column, columns); err != nil {
			if schemas.IsQualityColumn(name) {
				err = fmt.Errorf("%s holds numbers; picks are balanced by %s", name, words.And(columns))
			}
			return c, fmt.Errorf("Config.Balance=%s: %w", c.Balance, err)
		}
	}
	if len(b) > 0 {
		c.Balance = b.String()
		_, err = c.balancing() // a column may be there by two names
	}
	return c, err
}

package comparing

import (
	"fmt"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/selection/where"
)

// anomalies says which images satisfy the condition, and notes it down in the manifest. Nothing
// or everything cannot be told from the rest.
func (s *survey) anomalies(m *schemas.CompareManifest) ([]bool, error) {
	text := m.Parameters.Anomalies
	if text == "" {
		return nil, nil
	}
	refuse := func(err error) error { return fmt.Errorf("Config.Anomalies: %w", err) }
	condition, err := schemas.ParseAnomalies(text)
	if err != nil {
		return nil, refuse(err)
	}
	b := s.rows()
	types, err := where.NewTypes(condition, nil)
	if err != nil {
		return nil, refuse(err)
	}
	types.Add(b)
	if m.Condition, err = types.Condition(); err != nil {
		return nil, refuse(err)
	}
	test, err := where.New(m.Condition, nil)
	if err != nil {
		return nil, refuse(err)
	}
	inside := make([]bool, b.N)
	for i := range inside {
		if inside[i] = test.Inside(b, i); inside[i] {
			m.Positives++
		}
	}
	for _, p := range m.Condition {
		if p.Column != schemas.ColLabel {
			continue
		}
		m.Unlabeled = 0
		for _, l := range s.labels {
			if l == nil {
				m.Unlabeled++
			}
		}
	}
	return inside, s.both(m)
}

// both makes sure that there are images of both kinds.
func (s *survey) both(m *schemas.CompareManifest) error {
	all := int64(len(s.ids))
	switch {
	case m.Positives == 0 && m.Unlabeled == all:
		return fmt.Errorf("Config.Anomalies=%s: none of the %s has a label: make the shards with sharding.Config.Listing.LabelPattern or a table of labels", m.Parameters.Anomalies, words.Plural(all, "image", "images"))
	case m.Positives == 0:
		return fmt.Errorf("Config.Anomalies=%s: none of the %s satisfies it, so that nothing is to be told apart; the first image is %q, %s", m.Parameters.Anomalies, words.Plural(all, "image", "images"), s.ids[0], labelOf(s.labels[0]))
	case m.Positives == all:
		return fmt.Errorf("Config.Anomalies=%s: every one of the %s satisfies it, so that nothing is to be told apart", m.Parameters.Anomalies, words.Plural(all, "image", "images"))
	}
	return nil
}

func labelOf(label *string) string {
	if label == nil {
		return "without a label"
	}
	return fmt.Sprintf("its label %q", *label)
}

// rows are the images as a condition takes them.
func (s *survey) rows() *latents.Batch {
	b := &latents.Batch{N: len(s.ids), ImageID: s.ids, Label: make([]string, len(s.ids))}
	for i, l := range s.labels {
		if l != nil {
			b.Label[i] = *l
		}
	}
	return b
}

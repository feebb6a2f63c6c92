package selecting

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
)

// balanceColumns are three columns: few values of which one is missing, empty or NaN, one for
// each image, and one that the label repeats.
var balanceColumns = []string{"Metadata_one", "Metadata_run"}

func balanceRows(n int) []schemas.Latent {
	rows := collection(n)
	for i := range rows {
		rows[i].Metadata = []string{rows[i].ImageID, []string{"a", "a", "a", "b", "b", []string{"", "NaN", "nan"}[i/6%3]}[i%6]}
	}
	return rows
}

// TestBalance: the picks of every scope have the values in the shares of the eligible images,
// which are counted here again, in latents of any number of files.
func TestBalance(t *testing.T) {
	rows := balanceRows(300)
	for shards := range 3 {
		dir := t.TempDir()
		writeWith(t, dir, rows, 1+2*shards, "none", balanceColumns...)
		c := config(dir, "cluster", "label")
		c.Parameters.Top, c.Parameters.Picking.Budget = 0, 31
		c.Balance = "run,label:equal"
		check(t, os.WriteFile(filepath.Join(dir, "out.txt"), []byte(rows[0].ImageID+"\n"), 0o666))
		c.Exclude = filepath.Join(dir, "out.txt")
		m := mustRun(t, c)
		if got := m.Parameters.Picking; got.Strategy != schemas.StrategyRepresentative || got.Balance.String() != "Metadata_run:proportional,label:equal" {
			t.Fatalf("%+v", got)
		}
		for _, set := range m.Sets {
			images := map[string]int64{}
			all := int64(0)
			for _, r := range eligible(rows) {
				if set.Scope == "label" && !r.HasLabel {
					continue
				}
				images[valued(r.Metadata[1])]++
				all++
			}
			picks, labels := map[string]int{}, map[string]int{}
			for _, p := range readPicks(t, c.Output) {
				if p.Scope == set.Scope {
					picks[valued(rowNamed(rows, p.ImageID).Metadata[1])]++
					labels[p.Label]++
				}
			}
			if n := len(set.Balance[0].Counts); n != 3 || set.Balance[0].Values != 3 {
				t.Errorf("scope %s: %d values, %+v", set.Scope, set.Balance[0].Values, set.Balance[0].Counts)
			}
			for _, v := range set.Balance[0].Counts {
				exact := float64(31*images[v.Value]) / float64(all)
				if v.Images != images[v.Value] || v.Picks != picks[v.Value] || float64(v.Picks) <= exact-1 || float64(v.Picks) >= exact+1 {
					t.Errorf("scope %s: %+v, of %d images, %v", set.Scope, v, images[v.Value], picks)
				}
			}
			least, most := 31, 0
			for _, v := range set.Balance[1].Counts {
				least, most = min(least, labels[v.Value]), max(most, labels[v.Value])
			}
			if most > least+1 || set.Balance[1].Off != 0 || set.Objective.Free == nil {
				t.Errorf("scope %s: labels %v, %+v", set.Scope, labels, set.Objective)
			}
		}
		plan, err := Plan(t.Context(), func() Config { c := c; c.Output += " another"; return c }())
		check(t, err)
		if text := strings.Join(plan.Notes, "\n"); !strings.Contains(text, "picks have the values of label in equal shares, as nearly as whole numbers allow (Config.Balance)") {
			t.Errorf("the plan notes %q", text)
		}
		c.Balance = "Metadata_run,label:equal" // the same, by its full name
		if r, err := Run(t.Context(), c, nil); err != nil || r.Made {
			t.Errorf("the same columns: %v", err)
		}
		c.Balance = "Metadata_run"
		if _, err := Run(t.Context(), c, nil); err == nil || !strings.Contains(err.Error(), "Config.Balance is Metadata_run:proportional here and was Metadata_run:proportional,label:equal there") {
			t.Errorf("other columns: %v", err)
		}
	}
}

// valued is a value as a balance counts it: NaN is none, as for conditions.
func valued(text string) string {
	if strings.ToLower(text) == "nan" {
		return ""
	}
	return text
}

func rowNamed(rows []schemas.Latent, id string) *schemas.Latent {
	for i := range rows {
		if rows[i].ImageID == id {
			return &rows[i]
		}
	}
	return nil
}

// TestBalanceIsRefused before anything is made.
func TestBalanceIsRefused(t *testing.T) {
	dir := t.TempDir()
	writeWith(t, dir, balanceRows(60), 2, "none", balanceColumns...)
	for _, v := range []struct {
		balance, want string
		change        func(c *Config)
	}{
		{"plate", "Config.Balance=plate: the latents have no column plate: their columns are Metadata_one, Metadata_run and label", nil},
		{"run,mean_c2", "Config.Balance=run,mean_c2: mean_c2 holds numbers; picks are balanced by Metadata_one, Metadata_run and label", nil},
		{"run:many", "Config.Balance: run:many: shares are proportional or equal", nil},
		{"run,Metadata_run:equal", "Config.Balance: Metadata_run is there twice", nil},
		{"run", "only Config.Strategy=representative keeps shares of columns, not facility", func(c *Config) { c.Parameters.Picking.Strategy = "facility" }},
		{"run", "Config.Strategy=representative decides itself how many images of each group are picked; give Config.Budget", func(c *Config) { c.Parameters.Top, c.Parameters.Picking.Budget = 3, 0 }},
	} {
		c := config(dir, "global")
		c.Parameters.Top, c.Parameters.Picking.Budget, c.Balance = 0, 5, v.balance
		if v.change != nil {
			v.change(&c)
		}
		err := c.Validate()
		if err == nil {
			_, err = Run(t.Context(), c, nil)
		}
		_, planned := Plan(t.Context(), c)
		if c.Validate() != nil {
			planned = err // the command stops at the first
		}
		for _, err := range []error{err, planned} {
			if err == nil || !strings.Contains(err.Error(), v.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v, want %q", v.balance, err, v.want)
			}
		}
	}
}

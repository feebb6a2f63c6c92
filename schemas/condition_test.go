package schemas

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseCondition(t *testing.T) {
	for text, want := range map[string]Condition{
		"well=A01":                         {{Column: "well", Op: "=", Values: []string{"A01"}}},
		"  area  >=  2e2\t":                {{Column: "area", Op: ">=", Values: []string{"2e2"}}},
		"well=A01 and area>200":            {{Column: "well", Op: "=", Values: []string{"A01"}}, {Column: "area", Op: ">", Values: []string{"200"}}},
		"well=A01 AND area<-.5":            {{Column: "well", Op: "=", Values: []string{"A01"}}, {Column: "area", Op: "<", Values: []string{"-.5"}}},
		"well in (A01, 'B 2',\"c\")":       {{Column: "well", Op: "in", Values: []string{"A01", "B 2", "c"}}},
		"well in(A01)and in in (in)":       {{Column: "well", Op: "in", Values: []string{"A01"}}, {Column: "in", Op: "in", Values: []string{"in"}}},
		"a!='it''s'and b<=\"x\"\"y\"":      {{Column: "a", Op: "!=", Values: []string{"it's"}}, {Column: "b", Op: "<=", Values: []string{`x"y`}}},
		"a='\"'":                           {{Column: "a", Op: "=", Values: []string{`"`}}},
		"and=and and and!=and":             {{Column: "and", Op: "=", Values: []string{"and"}}, {Column: "and", Op: "!=", Values: []string{"and"}}},
		"image_id=plate1/a-b.tif":          {{Column: "image_id", Op: "=", Values: []string{"plate1/a-b.tif"}}},
		"gene=Müller and 2d<5":             {{Column: "gene", Op: "=", Values: []string{"Müller"}}, {Column: "2d", Op: "<", Values: []string{"5"}}},
		"drug='a and b=c' and dose_uM=1.0": {{Column: "drug", Op: "=", Values: []string{"a and b=c"}}, {Column: "dose_uM", Op: "=", Values: []string{"1.0"}}},
	} {
		got, err := ParseCondition(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", text, err, diff)
		}
	}
}

func TestParseConditionErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "begins with the name of a column, not with the end",
		"=3":                  "begins with the name of a column",
		"well":                "comes one of = != < <= > >= or in (…), not the end",
		"a=1 and b=2 and a=1": "a=1 is there twice",
		"well like A":         `not "like A"`,
		"well not in (A)":     `not "not in (A)"`,
		"well==A01":           `behind well= comes a value, not "=A01"`,
		"well<>A01":           `behind well< comes a value, not ">A01"`,
		"well=":               "behind well= comes a value, not the end",
		"well=A01 or well=B":  `not "or well=B"`,
		"well=A01, B02":       `not ", B02"`,
		"well=A01 and":        "begins with the name of a column, not with the end",
		"well=A 01":           "is written in quotes",
		"well='A01":           "is not closed",
		"well='it's'":         "behind well=it comes",
		"well=''":             "an empty value",
		"well in (a, NAN)":    "an empty value or NaN",
		"well in A01":         "comes a list",
		"well in ()":          "comes a value, not \")\"",
		"well in (A01":        "comes a comma or ), not the end",
		"well in (A01,)":      "comes a value",
		"well in (A01 B02)":   "comes a comma or )",
		"inside (A01)":        "comes one of",
		"well='a\x00'":        "control character",
		"well=\xff":           "not UTF-8",
		"(well=A01)":          "begins with the name of a column",
		"Metadata_well.x=A01": "comes one of",
		"well=" + strings.Repeat("a", maxCondition): "bytes",
	} {
		if _, err := ParseCondition(text); err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 300 || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.50q: %v, want %q", text, err, want)
		}
	}
}

func TestNumber(t *testing.T) {
	for text, want := range map[string]float64{"1": 1, "01": 1, "+1.": 1, "-.5": -.5, "1e3": 1000, "1E-2": .01, "0": 0, "-0": 0, "1e-999": 0} {
		if got, ok := Number(text); !ok || got != want {
			t.Errorf("%s: %v %v", text, got, ok)
		}
	}
	for _, text := range []string{"", " 1", "1 ", "NaN", "nan", "inf", "-Inf", "infinity", "0x10", "1_000", "1,5", "1e", "e1", ".", "-", "1e999", "1.2.3", "٣", "A01"} {
		if v, ok := Number(text); ok {
			t.Errorf("%q is the number %v", text, v)
		}
	}
}

func TestConditionValidate(t *testing.T) {
	of := func(column, op, as string, values ...string) Condition {
		return Condition{{Column: column, Op: op, Values: values, As: as}}
	}
	for _, c := range []Condition{nil, of("Metadata_a", "=", AsText, "x"), of("label", ">", AsNumber, "1e3"), of("image_id", "in", AsText, "a", "b"), of("mse", "<=", AsNumber, "0.1")} {
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
	}
	for want, c := range map[string]Condition{
		"label=x is there twice":   append(of("label", "=", AsText, "x"), of("label", "=", AsText, "x")...),
		"no column":                of("well", "=", AsText, "x"),
		"is none of":               of("label", "~", AsText, "x"),
		"is given 2 values":        of("label", "=", AsText, "x", "y"),
		"is given 0 values":        of("label", "in", AsText),
		`as ""`:                    of("label", "=", "", "x"),
		`image_id does not`:        of("image_id", "=", AsNumber, "1"),
		`mse does not compare`:     of("mse", "=", AsText, "1"),
		"control character":        of("label", "=", AsText, "a\nb"),
		"no order":                 of("label", "<", AsText, "1"),
		`"x" is no number`:         of("label", "<", AsNumber, "x"),
		"comparison with an empty": of("label", "=", AsText, ""),
	} {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", c, err, want)
		}
	}
}

// FuzzParseCondition: what is read is written so that it is read as the same, and an
// error is one line.
func FuzzParseCondition(f *testing.F) {
	for _, text := range []string{"well=A01 and area>200", "a in ('x y', \"it''s\")", "a='it''s'", "a=b or c", "a!=\"\"\"\"", "in in (in)and and=and"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCondition(text)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("%q", err)
			}
			return
		}
		again, err := ParseCondition(c.String())
		if diff := cmp.Diff(c, again); err != nil || diff != "" {
			t.Errorf("%q is written %q: %v %s", text, c, err, diff)
		}
	})
}

package main

import "regexp"

// What differs from one run or machine to the next, and what stands for it in a
// comparison. In each pattern the group is what is masked.
var masks = []struct {
	pattern *regexp.Regexp
	stands  string
}{
	// Times, with the spaces that align them: 46.99s, 340ms, 1m12.46s.
	{regexp.MustCompile(`(?:^|[^\w.])( *(?:\d+h)?(?:\d+m)?\d+(?:\.\d+)?(?:s|ms|µs))\b`), " TIME"},
	// Rates: 3,615/s.
	{regexp.MustCompile(`(?:^|[^\w.,])(\d[\d,.]*/s)\b`), "RATE"},
	// Memory and free space, which only --plan prints, and the processors that it counts with.
	{regexp.MustCompile(`^memory +(about [\d.,]+ [KMGT]?i?B)`), "MEMORY"},
	{regexp.MustCompile(`(?:^|[^\w.,])([\d.,]+ [KMGT]?i?B) are free`), "SPACE"},
	{regexp.MustCompile(` on (\d+ cores?)\b`), "CORES"},
	// Paths of the machine.
	{regexp.MustCompile(`(?:^|[\s(=])(/[^\s:,)]+)`), "PATH"},
}

// mask returns a line with what is masked replaced by its names.
func mask(line string) string {
	for _, m := range masks {
		masked, end := "", 0
		for _, found := range m.pattern.FindAllStringSubmatchIndex(line, -1) {
			masked += line[end:found[2]] + m.stands
			end = found[3]
		}
		line = masked + line[end:]
	}
	return line
}

// maskedBytes reports for each byte of a line whether it is masked.
func maskedBytes(line string) []bool {
	hidden := make([]bool, len(line))
	for _, m := range masks {
		for _, found := range m.pattern.FindAllStringSubmatchIndex(line, -1) {
			for i := found[2]; i < found[3]; i++ {
				hidden[i] = true
			}
		}
	}
	return hidden
}

package page

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/reporting"
)

var write = flag.String("write", "", "folder to write two reports to: large.html, of 1,000 drawn picks over 100,000 points, and bare.html, with as little as may be")

// TestTablesOfTheGradeAreShown: the grade card reads the lists of figures of a set's grade.
func TestTablesOfTheGradeAreShown(t *testing.T) {
	script := asset("script/grade.js")
	for _, name := range []string{"spaces", "balance", "bias", "batches"} {
		if !strings.Contains(script, "set."+name) || name != "spaces" && strings.Count(script, name+"(set)") < 2 { // made, and called
			t.Errorf("the grade card does not show %s", name)
		}
	}
}

// TestGalleryNamesTheRange: above picks at positions stands that they are, not that they are
// representative, as of what is picked neither by a center nor group by group.
func TestGalleryNamesTheRange(t *testing.T) {
	_, by, _ := strings.Cut(asset("script/gallery.js"), "function pickedBy(set)")
	by, _, _ = strings.Cut(by, "\n}\n")
	ranged, sampled := strings.Index(by, "if (ranged) return `at positions among the distances"), strings.Index(by, "if (!sampled)")
	if ranged < 0 || sampled < ranged {
		t.Error(by)
	}
}

// TestLargeReport writes a report of 1,000 picks over 100,000 points.
func TestLargeReport(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, synthetic(1000, 100_000)); err != nil {
		t.Fatal(err)
	}
	if limit := 15 << 20; b.Len() > limit {
		t.Errorf("%d bytes, more than %d", b.Len(), limit)
	}
	keep(t, "large.html", b.Bytes())
}

// TestBareReport writes a report of a selection that is not graded, without images,
// model, map and metadata.
func TestBareReport(t *testing.T) {
	r := synthetic(12, 60)
	bare := &reporting.Report{Title: "Without images", Images: r.Images, Eligible: r.Eligible, Picked: r.Picked, Parameters: r.Parameters}
	for _, g := range r.Groups {
		g.Centers = nil
		bare.Groups = append(bare.Groups, g)
	}
	for _, p := range r.Picks {
		p.Metadata, p.Flags, p.Neighbors, p.Label, p.MSE = nil, nil, nil, nil, nil
		p.Picture, p.Histogram = -1, -1
		if p.Next != nil {
			p.Next.Picture = -1
		}
		bare.Picks = append(bare.Picks, p)
	}
	var b bytes.Buffer
	if err := Write(&b, bare); err != nil {
		t.Fatal(err)
	}
	keep(t, "bare.html", b.Bytes())
}

func keep(t *testing.T, name string, content []byte) {
	if *write == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(*write, name), content, 0o666); err != nil {
		t.Fatal(err)
	}
}

var dataElement = regexp.MustCompile(`(?s)<script type="application/json" id="report">(.*?)</script>`)

// TestReportReadsBack finds in the page what was written, whatever the names are.
func TestReportReadsBack(t *testing.T) {
	want := synthetic(40, 500)
	var b bytes.Buffer
	if err := Write(&b, want); err != nil {
		t.Fatal(err)
	}
	found := dataElement.FindSubmatch(b.Bytes())
	if found == nil {
		t.Fatal("the page holds no report")
	}
	var got reporting.Report
	if err := json.Unmarshal(found[1], &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(&got, want) {
		t.Error("the report in the page is another one")
	}
	if i := bytes.IndexAny(found[1], "<>&"); i >= 0 {
		t.Errorf("the report holds %q, which HTML reads", found[1][max(0, i-20):i+1])
	}
	if n := strings.Count(b.String(), "<script"); n != 2 {
		t.Errorf("%d scripts in the page, want the report and one that shows it", n)
	}
	if !strings.Contains(b.String(), "<title>Picks of &lt;b&gt;&#34;nuclei&#34;&lt;/b&gt; &amp; more</title>") {
		t.Error("the title is not escaped")
	}
}

// TestNothingIsLoaded checks that the page refers to nothing outside it, and that
// the policy lets nothing else in.
func TestNothingIsLoaded(t *testing.T) {
	for i := range 4 {
		linked := i%2 > 0
		before, after := frame("Report", linked, true, i > 1)
		page := string(before) + string(after)
		for _, forbidden := range []string{"{{", "@import", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch(", "unsafe-inline", "unsafe-eval"} {
			if strings.Contains(page, forbidden) {
				t.Errorf("the page holds %s", forbidden)
			}
		}
		for _, m := range regexp.MustCompile(`(?:src|href)="([^"]*)"|url\(([^)]*)\)`).FindAllStringSubmatch(string(before), -1) {
			if to := m[1] + m[2]; !strings.HasPrefix(to, "#") && !strings.HasPrefix(to, "data:") {
				t.Errorf("the page refers to %q", to)
			}
		}
		if !strings.Contains(page, `content="default-src 'none'; `) {
			t.Error("the page has no policy")
		}
		if got := strings.Contains(page, "file:"); got != linked {
			t.Errorf("linked %v: pictures beside the page are allowed: %v", linked, got)
		}
	}
}

// TestPolicyAllowsTheScript checks the hashes against what is in the elements.
func TestPolicyAllowsTheScript(t *testing.T) {
	before, after := frame("Report", false, true, true)
	page := string(before) + string(after)
	style := page[strings.Index(page, "<style>")+len("<style>") : strings.Index(page, "</style>")]
	script := page[strings.LastIndex(page, "<script>")+len("<script>") : strings.LastIndex(page, "</script>")]
	if want := policy(style, script, false); !strings.Contains(page, want) {
		t.Errorf("the policy is not %s", want)
	}
	if strings.Contains(script, "</") || strings.Contains(script, "<!--") {
		t.Error("the script holds what ends its element")
	}
}

// TestChannels: the part about channels is in pages of images that have some, and their names
// end no element.
func TestChannels(t *testing.T) {
	const mark = "channelViews"
	r := synthetic(2, 10)
	if page := written(t, r); strings.Contains(page, mark) || strings.Contains(page, "channel-key") {
		t.Error("a page of gray images has the part about channels")
	}
	r.Channels = []schemas.ShownChannel{{Name: "</script><b>", Color: "#ff00ff", High: 255}, {Name: "ER & co", Low: 3, High: 90}}
	if page := written(t, r); !strings.Contains(page, mark) || !strings.Contains(page, "channel-key") || strings.Contains(page, "</script><b>") {
		t.Error("a page of images with channels lacks the part about them, or their names are HTML")
	}
}

func written(t *testing.T, r *reporting.Report) string {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestUnseenNames: a name is in the page as it is, and with it the script that shows
// it; without such a name the page has no such script.
func TestUnseenNames(t *testing.T) {
	const mark = "new MutationObserver"
	r := synthetic(2, 10)
	var plain, escaped bytes.Buffer
	if err := Write(&plain, r); err != nil {
		t.Fatal(err)
	}
	const name = "a\u202egnp.\x1b[31mtif"
	r.Title, r.Picks[0].ImageID = "of "+name, name
	if err := Write(&escaped, r); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(plain.String(), mark) || strings.Count(escaped.String(), mark) != 1 {
		t.Error("the script that shows names is not in those pages that need it")
	}
	if title := `<title>of a\u202egnp.\x1b[31mtif</title>`; !strings.Contains(escaped.String(), title) {
		t.Errorf("the page has no %s", title)
	}
	var got reporting.Report
	if err := json.Unmarshal(dataElement.FindSubmatch(escaped.Bytes())[1], &got); err != nil || got.Picks[0].ImageID != name {
		t.Errorf("the image is called %q in the page, want %q (%v)", got.Picks[0].ImageID, name, err)
	}
}

// TestUnwritableFigures reports a figure that JSON has no text for.
func TestUnwritableFigures(t *testing.T) {
	r := synthetic(2, 10)
	r.DisplayHigh = math.Inf(1)
	if err := Write(&bytes.Buffer{}, r); err == nil || !strings.Contains(err.Error(), "report: ") {
		t.Errorf("got %v", err)
	}
}

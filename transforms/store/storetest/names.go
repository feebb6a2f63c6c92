package storetest

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Names is a bucket of many objects that nobody has to keep: both object stores'
// listings of it, a page after a time, and one content for all names with the
// extension of the first.
type Names struct {
	Count   int
	Key     func(i int) string // in byte order
	Wait    time.Duration      // before a page is sent
	Content []byte
}

const namesPage = 1000 // at most, as the stores have it

func (n *Names) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	switch {
	case strings.HasSuffix(r.URL.Path, "/o"):
		time.Sleep(n.Wait)
		n.listGS(w, max(q.Get("pageToken"), q.Get("startOffset")), q.Get("prefix"), q.Get("maxResults"))
	case q.Get("list-type") == "2":
		time.Sleep(n.Wait)
		n.listS3(w, max(q.Get("continuation-token"), q.Get("start-after")), q.Get("prefix"), q.Get("max-keys"))
	case strings.HasSuffix(r.URL.Path, n.Key(0)[strings.LastIndex(n.Key(0), "."):]):
		w.Write(n.Content)
	default:
		http.NotFound(w, r)
	}
}

// page returns the numbers of the keys from one on.
func (n *Names) page(from, prefix, most string) (first, end int) {
	size, _ := strconv.Atoi(most)
	if size <= 0 || size > namesPage {
		size = namesPage
	}
	from = max(from, prefix)
	first = sort.Search(n.Count, func(i int) bool { return n.Key(i) >= from })
	for end = first; end < n.Count && end < first+size && strings.HasPrefix(n.Key(end), prefix); end++ {
	}
	return first, end
}

func (n *Names) more(end int, prefix string) bool {
	return end < n.Count && strings.HasPrefix(n.Key(end), prefix)
}

func (n *Names) listGS(w http.ResponseWriter, from, prefix, most string) {
	first, end := n.page(from, prefix, most)
	type item struct {
		Name       string `json:"name"`
		Size       string `json:"size"`
		Generation string `json:"generation"`
		Updated    string `json:"updated"`
	}
	var out struct {
		NextPageToken string `json:"nextPageToken,omitempty"`
		Items         []item `json:"items"`
	}
	for i := first; i < end; i++ {
		out.Items = append(out.Items, item{n.Key(i), strconv.Itoa(len(n.Content)), strconv.Itoa(1_700_000_000_000_000 + i), "2026-01-02T03:04:05.678Z"})
	}
	if n.more(end, prefix) {
		out.NextPageToken = n.Key(end)
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(out)
}

func (n *Names) listS3(w http.ResponseWriter, after, prefix, most string) {
	from := after
	if after != "" {
		from += "\x00" // the first that comes after
	}
	first, end := n.page(from, prefix, most)
	var b strings.Builder
	b.WriteString("<ListBucketResult>")
	for i := first; i < end; i++ {
		b.WriteString("<Contents><Key>")
		xml.EscapeText(&b, []byte(n.Key(i)))
		fmt.Fprintf(&b, `</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>"%032x"</ETag><Size>%d</Size></Contents>`, i, len(n.Content))
	}
	if n.more(end, prefix) {
		b.WriteString("<IsTruncated>true</IsTruncated><NextContinuationToken>")
		xml.EscapeText(&b, []byte(n.Key(end-1)))
		b.WriteString("</NextContinuationToken>")
	}
	b.WriteString("</ListBucketResult>")
	w.Write([]byte(b.String()))
}

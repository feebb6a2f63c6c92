package storetest

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"sync"
)

// Refusing is a handler that refuses those requests that Refuse chooses, with an
// answer as the stores write it: XML as S3, without a body to HEAD, or JSON as gs://.
type Refusing struct {
	Next   http.Handler // nil: every other request is an object of ten bytes
	JSON   bool
	mu     sync.Mutex
	status int
	code   string
	text   string
	meets  func(*http.Request) bool
	asked  []string
}

// Refuse sets what is answered from now on, to all requests for which meets says so
// (nil: to all).
func (f *Refusing) Refuse(status int, code, text string, meets func(*http.Request) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status, f.code, f.text, f.meets = status, code, text, meets
}

// Asked returns the methods of all requests since it was called last.
func (f *Refusing) Asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked := f.asked
	f.asked = nil
	return asked
}

func (f *Refusing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.asked = append(f.asked, r.Method)
	status, code, text := f.status, f.code, f.text
	refused := status != 0 && (f.meets == nil || f.meets(r))
	f.mu.Unlock()
	switch {
	case !refused && f.Next != nil:
		f.Next.ServeHTTP(w, r)
	case !refused:
		w.Header().Set("ETag", `"1"`)
		fmt.Fprint(w, "0123456789")
	case f.JSON:
		body, _ := json.Marshal(map[string]any{"error": map[string]any{"code": status, "message": text,
			"errors": []map[string]string{{"domain": "global", "reason": code, "message": text}}}})
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		w.Write(body) // the client may have gone
	default:
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		if r.Method != http.MethodHead && code != "" {
			fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", code, html.EscapeString(text))
		}
	}
}

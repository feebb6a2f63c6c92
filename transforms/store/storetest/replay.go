package storetest

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
)

// Replay makes a fake of Google Cloud Storage take a chunk of an upload that
// comes again as the service does: the bytes count once, and the answer is the
// same. The fake alone would append them.
func Replay(fake http.Handler) http.Handler {
	var mu sync.Mutex                                     // a chunk may come again while the fake looks at it
	answers := map[[2]string]*httptest.ResponseRecorder{} // by upload and range of bytes
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		upload, bytes := r.URL.Query().Get("upload_id"), r.Header.Get("Content-Range")
		if upload == "" || bytes == "" {
			fake.ServeHTTP(w, r)
			return
		}
		key := [2]string{upload, bytes}
		mu.Lock()
		defer mu.Unlock()
		rec := answers[key]
		if rec == nil {
			rec = httptest.NewRecorder()
			fake.ServeHTTP(rec, r)
			if rec.Code == http.StatusOK {
				answers[key] = rec
			}
		}
		maps.Copy(w.Header(), rec.Header())
		w.WriteHeader(rec.Code)
		w.Write(rec.Body.Bytes()) // the client may have gone
	})
}

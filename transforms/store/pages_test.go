package store

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestGSListsEveryPage(t *testing.T) {
	const pages, perPage = 3, 2
	requests := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		page := 0
		fmt.Sscan(r.URL.Query().Get("pageToken"), &page) // none on the first
		var out struct {
			NextPageToken string              `json:"nextPageToken,omitempty"`
			Items         []map[string]string `json:"items"`
		}
		for i := range perPage {
			out.Items = append(out.Items, map[string]string{
				"name": fmt.Sprintf("many/%d #.tif", page*perPage+i), "size": "7", "generation": "9"})
		}
		out.Items = append(out.Items, map[string]string{"name": fmt.Sprintf("many/%d/", page)}) // stands for a folder
		if page < pages-1 {
			out.NextPageToken = fmt.Sprint(page + 1)
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(out); err != nil {
			t.Error(err)
		}
	}))
	defer srv.Close()
	t.Setenv("STORAGE_EMULATOR_HOST", srv.URL)
	got, err := collect(List(t.Context(), "gs://bucket/many", true))
	if err != nil || len(got) != pages*perPage || requests != pages {
		t.Fatalf("%d objects in %d requests, %v; want %d in %d", len(got), requests, err, pages*perPage, pages)
	}
	for i, o := range got {
		if want := fmt.Sprintf("gs://bucket/many/%d #.tif", i); o.Name != want || o.Generation != 9 || o.Size != 7 {
			t.Errorf("object %d is %+v, want %s", i, o, want)
		}
	}
}

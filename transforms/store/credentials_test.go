package store

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloud.google.com/go/storage"
)

// service answers every request as one for an object that is missing.
type service struct{ asked []*http.Request }

func (s *service) RoundTrip(r *http.Request) (*http.Response, error) {
	s.asked = append(s.asked, r)
	return &http.Response{StatusCode: 404, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}

// TestGSAsksWithCredentials: without an emulator, requests go to the service
// with the token of the credentials that Google's own tools use.
func TestGSAsksWithCredentials(t *testing.T) {
	t.Setenv("STORAGE_EMULATOR_HOST", "")
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"secret","token_type":"Bearer","expires_in":3600}`)
	}))
	defer tokens.Close()
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", serviceAccount(t, tokens.URL))
	s := &service{}
	c, err := newGSClient(t.Context(), s, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Bucket("b").Object("x").Attrs(t.Context()); !errors.Is(err, storage.ErrObjectNotExist) {
		t.Errorf("Attrs: %v", err)
	}
	if len(s.asked) != 1 || s.asked[0].URL.Host != "storage.googleapis.com" || s.asked[0].Header.Get("Authorization") != "Bearer secret" {
		t.Errorf("requests: %v", s.asked)
	}

	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", filepath.Join(t.TempDir(), "missing.json"))
	if _, err := newGSClient(t.Context(), s, false); err == nil {
		t.Error("no error without credentials")
	}
}

// serviceAccount writes credentials of an account that exists nowhere.
func serviceAccount(t *testing.T, tokenURL string) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "p", "private_key_id": "1", "client_id": "1",
		"private_key":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		"client_email": "nobody@p.iam.gserviceaccount.com", "token_uri": tokenURL,
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "credentials.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

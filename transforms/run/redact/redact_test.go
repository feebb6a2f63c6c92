package redact

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
)

const (
	key   = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	token = "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3Q="
)

func TestLine(t *testing.T) {
	for text, want := range map[string]string{
		"https://me:hunter2@host/a": "https://…@host/a",
		"http://me:p@ss@host:80/a":  "http://…@host:80/a",
		"cannot open s3://b/a?X-Amz-Credential=AKIA%2F2026&X-Amz-Signature=0aF1: denied":                                    "cannot open s3://b/a?X-Amz-Credential=…&X-Amz-Signature=…: denied",
		"https://acct.blob/x?sv=2020&sig=ab%2Fc%3D&se=2026":                                                                 "https://acct.blob/x?sv=2020&sig=…&se=2026",
		"https://h/x?token=abc&size=3":                                                                                      "https://h/x?token=…&size=3",
		"Authorization: AWS4-HMAC-SHA256 Credential=AK/2026/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=0af1": "Authorization: … Credential=…, SignedHeaders=host;x-amz-date, Signature=…",
		"authorization: Bearer ya29.abcdefghijkl":                                                                           "authorization: …",
		"x-amz-security-token:" + token + " x-amz-date:20260102":                                                            "x-amz-security-token:… x-amz-date:20260102",
		"AWS_SECRET_ACCESS_KEY=" + key + " x":                                                                               "AWS_SECRET_ACCESS_KEY=… x",
		`password="two words" x`:                                                                                            "password=… x",
		`{"private_key":"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n"}`:                          `{"private_key":"…"}`,
		`{"token": "abc\/def", "a": 1}`:                                                                                     `{"token": "…", "a": 1}`,
		"<Error><AWSAccessKeyId>AK</AWSAccessKeyId><StringToSign>AWS4 x</StringToSign><SignatureProvided>0a</SignatureProvided></Error>": "<Error><AWSAccessKeyId>…</AWSAccessKeyId><StringToSign>…</StringToSign><SignatureProvided>…</SignatureProvided></Error>",
		"key AKIAIOSFODNN7EXAMPLE is unknown": "key … is unknown",

		// What is none.
		"cannot open gs://b/a@2/x=1.tif: permission denied": "cannot open gs://b/a@2/x=1.tif: permission denied",
		"invalid token: unexpected end":                     "invalid token: unexpected end",
		"--id_column=key: the file has no such column":      "--id_column=key: the file has no such column",
		"basic statistics of the tokens":                    "basic statistics of the tokens",
		"mail me@host or see a:b@c":                         "mail me@host or see a:b@c",
	} {
		if got := Line(text); got != want {
			t.Errorf("%s\n got  %s\n want %s", text, got, want)
		}
		if again := Line(want); again != want {
			t.Errorf("%s is changed again: %s", want, again)
		}
	}
}

// Names without a secret stay as they are, byte by byte.
func TestNames(t *testing.T) {
	plain := []string{"/data/key=3/token.tif", "gs://b/a?b/*.tif", "s3://b/x@y/ü#%.png", "secret=plate/x.tif", `C:\data\a b`, ""}
	if got := Names(plain); !slices.Equal(got, plain) {
		t.Errorf("%q", got)
	}
	for _, name := range plain {
		if got := Name(name); got != name {
			t.Errorf("%q became %q", name, got)
		}
	}
	mixed := []string{"a", "https://me:hunter2@host/x"}
	if got := Names(mixed); got[0] != "a" || got[1] != "https://…@host/x" || mixed[1] != "https://me:hunter2@host/x" {
		t.Errorf("%q of %q", got, mixed)
	}
}

// The values of variables that are called secrets are hidden wherever they occur.
func TestEnvironment(t *testing.T) {
	file := t.TempDir()
	for name, value := range map[string]string{
		"AWS_SECRET_ACCESS_KEY": key, "AWS_SESSION_TOKEN": token, "DB_PASSWORD": "correct horse", "MY_KEY": "0123456789",
		"SHORT_TOKEN": "abc", "SSH_KEY": file, "SECRET_FILE": "/run/secrets/some", "PLAIN_VALUE": "plain text", "GOOGLE_APPLICATION_CREDENTIALS": "/home/x/key.json",
	} {
		t.Setenv(name, value)
	}
	text := fmt.Sprintf("%s, %s, correct horse, 0123456789, abc, %s, /run/secrets/some, plain text, /home/x/key.json, IQoJb3JpZ2luX2VjEXAMPLE%%2F%%2F%%2F%%2F%%2F%%2F%%2F%%2F%%2F%%2FwEaCXVzLWVhc3Q%%3D", key, token, file)
	want := fmt.Sprintf("…, …, …, …, abc, %s, /run/secrets/some, plain text, /home/x/key.json, …", file)
	if got := Line(text); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := Name("/data/0123456789/a"); got != "/data/…/a" {
		t.Error(got)
	}
}

func TestArgs(t *testing.T) {
	got := strings.Join(Args([]string{"shard", "--input=gs://b/a", "--password=hunter2", "--access_token", "abc", "--shards=3", "--api_key=",
		"--endpoint=http://me:hunter2@host:8099", "--input=https://h/x?X-Amz-Signature=abc&size=3", "--id_column=key",
		"--endpoint=me:hunter2@host:8099", "--options", "a=b,token=xyz,c=d",
		`--environment_config={"command":"run.sh --password=hunter2","env":{"AWS_SECRET_ACCESS_KEY":"abc","HOME":"/x"},"n":12345678901234567890}`,
		"--environment_config", `{"env": {"A": "abc"}}`, `--environment_config={'env': {'A': 'abc'}}`, "--environment_config=apache/beam_go:2.7",
		`--worker_harness={"token":["abc",1,null],"image":"a&b"}`, "--sdk_harness_container_image_overrides=.*,me:hunter2@host/image:1",
		"--sdk_container_image=host/image:tag@sha256:0123", `--label_pattern=(?P<label>[0-9]{2,3})env`}), " ")
	want := "shard --input=gs://b/a --password=… --access_token … --shards=3 --api_key= " +
		"--endpoint=http://…@host:8099 --input=https://h/x?X-Amz-Signature=…&size=3 --id_column=key " +
		"--endpoint=…@host:8099 --options a=b,token=…,c=d " +
		`--environment_config={"command":"run.sh --password=…","env":{"AWS_SECRET_ACCESS_KEY":"…","HOME":"…"},"n":12345678901234567890} ` +
		`--environment_config {"env":{"A":"…"}} --environment_config=… --environment_config=apache/beam_go:2.7 ` +
		`--worker_harness={"image":"a&b","token":["…","…",null]} --sdk_harness_container_image_overrides=.*,…@host/image:1 ` +
		"--sdk_container_image=host/image:tag@sha256:0123 --label_pattern=(?P<label>[0-9]{2,3})env"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestLogAndWriter(t *testing.T) {
	for _, handler := range []func(*bytes.Buffer) slog.Handler{
		func(b *bytes.Buffer) slog.Handler {
			return slog.NewJSONHandler(b, &slog.HandlerOptions{ReplaceAttr: Attr})
		},
		func(b *bytes.Buffer) slog.Handler {
			return slog.NewTextHandler(b, &slog.HandlerOptions{ReplaceAttr: Attr})
		},
	} {
		var b bytes.Buffer
		slog.New(handler(&b)).With("in", "https://me:hunter2@h").Error("token=hunter2", "error", errors.New("password=hunter2"), "args", []string{"--password", "hunter2"})
		if strings.Contains(b.String(), "hunter2") || strings.Count(b.String(), Hidden) != 4 {
			t.Error(b.String())
		}
	}
	var b bytes.Buffer
	w := Writer(&b)
	for _, text := range []string{"token=hunter2\n", "plain\n"} {
		if n, err := fmt.Fprint(w, text); n != len(text) || err != nil {
			t.Error(n, err)
		}
	}
	if b.String() != "token=…\nplain\n" {
		t.Errorf("%q", b.String())
	}
}

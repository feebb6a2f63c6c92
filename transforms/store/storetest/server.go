package storetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// ServerVariable is the environment variable with the path of versitygw, an S3
// server over a folder of this machine.
const ServerVariable = "EXEMPLAR_VERSITYGW"

// ErrNoServer says that there is no S3 server to test with.
var ErrNoServer = errors.New(ServerVariable + " not set: it is the path of an S3 server, versitygw, which .ci/run builds")

const accessKey, secretKey = "test", "testtest"

// S3Env is the environment that points the S3 clients of a program at a server.
func S3Env(url string) []string {
	return []string{
		"AWS_ENDPOINT_URL=" + url, "AWS_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ACCESS_KEY_ID=" + accessKey, "AWS_SECRET_ACCESS_KEY=" + secretKey,
	}
}

// S3Server is a running server. As a handler it passes requests on to it.
type S3Server struct {
	http.Handler
	cmd *exec.Cmd
}

// StartS3 starts the server over a folder, with empty buckets.
func StartS3(ctx context.Context, dir string, buckets ...string) (*S3Server, error) {
	program := os.Getenv(ServerVariable)
	if program == "" {
		return nil, ErrNoServer
	}
	for _, bucket := range buckets {
		if err := os.Mkdir(filepath.Join(dir, bucket), 0o777); err != nil {
			return nil, err
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // finds a free port
	if err != nil {
		return nil, err
	}
	addr := l.Addr().String()
	l.Close()
	cmd := exec.CommandContext(ctx, program, "--access", accessKey, "--secret", secretKey, "--port", addr, "--keep-alive", "--quiet", "posix", dir)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: addr})
	proxy.ErrorLog = log.New(io.Discard, "", 0) // clients go away in every test
	s := &S3Server{proxy, cmd}
	for range 100 {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			return s, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.Stop()
	return nil, fmt.Errorf("%s does not listen on %s", program, addr)
}

// Stop ends the server.
func (s *S3Server) Stop() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

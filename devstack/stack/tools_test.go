package stack_test

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestMain lets the tests stand for a tool that the machine may lack: under its name they do what it does.
func TestMain(m *testing.M) {
	if tool := tools()[filepath.Base(os.Args[0])]; tool != nil {
		if err := tool(os.Args[1:], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(22)
		}
		return
	}
	os.Exit(m.Run())
}

// openssl does what the pages ask of it.
func openssl(args []string, stdin io.Reader, stdout io.Writer) error {
	switch {
	case slices.Equal(args, []string{"rand", "-hex", "32"}):
		secret := make([]byte, 32)
		_, _ = rand.Read(secret)
		_, err := fmt.Fprintln(stdout, hex.EncodeToString(secret))
		return err
	case len(args) == 5 && slices.Equal(args[:3], []string{"dgst", "-sha256", "-hmac"}) && args[4] == "-r":
		mac := hmac.New(sha256.New, []byte(args[3]))
		if _, err := io.Copy(mac, stdin); err != nil {
			return err
		}
		_, err := fmt.Fprintln(stdout, hex.EncodeToString(mac.Sum(nil)), "*stdin")
		return err
	}
	return fmt.Errorf("openssl: what is %q?", args)
}

// curl does what the pages ask of it.
func curl(args []string, _ io.Reader, stdout io.Writer) error {
	var url, body string
	header := http.Header{}
	for len(args) > 0 {
		switch {
		case args[0] == "--fail-with-body":
		case args[0] == "-H" && len(args) > 1:
			name, value, _ := strings.Cut(args[1], ": ")
			header.Set(name, value)
			args = args[1:]
		case args[0] == "-d" && len(args) > 1:
			body, args = args[1], args[1:]
		case strings.HasPrefix(args[0], "http"):
			url = args[0]
		default:
			return fmt.Errorf("curl: what is %q?", args)
		}
		args = args[1:]
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(stdout, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("curl: %s", resp.Status)
	}
	return nil
}

package auth

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestSecretIsMadeOnceAndKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	var wg sync.WaitGroup
	secrets := make([][]byte, 8)
	for i := range secrets {
		wg.Go(func() {
			var err error
			if secrets[i], err = LoadOrCreateSecret(dir); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, s := range secrets {
		if len(s) < MinSecretBytes || !bytes.Equal(s, secrets[0]) {
			t.Fatalf("secrets differ: %q", secrets)
		}
	}
	info, err := os.Stat(filepath.Join(dir, SecretFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	files, _ := os.ReadDir(dir)
	if len(files) != 1 {
		t.Errorf("files left behind: %v", files)
	}
}

func TestSecretThatOthersMayReadIsRefused(t *testing.T) {
	for _, mode := range []os.FileMode{0o604, 0o640, 0o644, 0o660} {
		dir := t.TempDir()
		path := filepath.Join(dir, SecretFile)
		if err := os.WriteFile(path, secret, 0o600); err != nil {
			t.Fatal(err)
		}
		os.Chmod(path, mode)
		if _, err := LoadOrCreateSecret(dir); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
}

func TestBrokenSecretFileIsRefused(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "short": "abc\n", "huge": strings.Repeat("x", 5000)} {
		dir := t.TempDir()
		os.WriteFile(filepath.Join(dir, SecretFile), []byte(text), 0o600)
		if s, err := LoadOrCreateSecret(dir); err == nil {
			t.Errorf("%s: %q was taken", name, s)
		}
	}
	if _, err := LoadOrCreateSecret(filepath.Join(os.DevNull, "data")); err == nil {
		t.Error("a folder that cannot be made")
	}
}

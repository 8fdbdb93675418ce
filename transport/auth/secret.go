package auth

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// SecretFile is the name of the generated secret in the data folder.
const SecretFile = "jwt-secret"

// LoadOrCreateSecret reads the secret of the data folder, or makes one of 32
// random bytes. The secret is the file's text, so that it can be copied into
// --jwt-secret of another node. A file that others may read is refused.
func LoadOrCreateSecret(dataDir string) ([]byte, error) {
	secret, err := LoadSecret(dataDir)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	if err := createSecret(dataDir, filepath.Join(dataDir, SecretFile)); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("create JWT secret: %w", err)
	}
	return LoadSecret(dataDir) // another process may have been first
}

// LoadSecret reads the secret of the data folder and makes nothing. Errors:
// fs.ErrNotExist where there is none yet.
func LoadSecret(dataDir string) ([]byte, error) {
	path := filepath.Join(dataDir, SecretFile)
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read JWT secret: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read JWT secret: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > 4096 {
		return nil, fmt.Errorf("JWT secret %s is not a small regular file", path)
	}
	if open := info.Mode().Perm() & 0o077; open != 0 {
		return nil, fmt.Errorf("JWT secret %s may be read by others (mode %04o): chmod 600 it, or delete it to get a new one", path, info.Mode().Perm())
	}
	text := make([]byte, info.Size())
	if _, err := f.ReadAt(text, 0); err != nil && len(text) > 0 {
		return nil, fmt.Errorf("read JWT secret: %w", err)
	}
	text = bytes.TrimSpace(text)
	if err := CheckSecret(text); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return text, nil
}

// createSecret writes a file beside and links it into place: a crash leaves no
// half secret, and of two processes that start at once one wins.
func createSecret(dataDir, path string) error {
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dataDir, SecretFile+".*") // O_EXCL, mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	var random [32]byte
	rand.Read(random[:])
	if _, err := f.WriteString(hex.EncodeToString(random[:]) + "\n"); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dataDir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

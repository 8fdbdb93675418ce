package cluster

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// Files of an authority in its folder.
const (
	AuthorityCert = "ca.pem"
	AuthorityKey  = "ca-key.pem"
)

// AuthorityLife is how long an authority is valid, from when it was made.
const AuthorityLife = 10 * 365 * 24 * time.Hour

// Authority signs the certificates of nodes.
type Authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// OpenAuthority reads the authority of a folder, and makes one where there is
// none. made says which.
func OpenAuthority(folder string) (a *Authority, made bool, err error) {
	cert, key := filepath.Join(folder, AuthorityCert), filepath.Join(folder, AuthorityKey)
	if _, err := os.Stat(cert); errors.Is(err, fs.ErrNotExist) {
		a, err := newAuthority(cert, key)
		return a, true, err
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, false, fmt.Errorf("certificate authority: %w", err)
	}
	signer, ok := pair.PrivateKey.(crypto.Signer)
	if !ok || !pair.Leaf.IsCA {
		return nil, false, fmt.Errorf("%s is not a certificate authority", cert)
	}
	return &Authority{pair.Leaf, signer}, false, nil
}

func newAuthority(cert, key string) (*Authority, error) {
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := template("heard cluster authority", AuthorityLife)
	template.IsCA, template.BasicConstraintsValid, template.MaxPathLenZero = true, true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &Authority{parsed, signer}, write(cert, key, der, signer)
}

// Issue makes a node's certificate, NAME.pem and NAME-key.pem in a folder. Files
// that are there are replaced.
func (a *Authority) Issue(folder, name string, life time.Duration) error {
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := template(name, life)
	template.DNSNames = []string{PeerName}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, signer.Public(), a.key)
	if err != nil {
		return err
	}
	return write(filepath.Join(folder, name+".pem"), filepath.Join(folder, name+"-key.pem"), der, signer)
}

func template(name string, life time.Duration) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)) // crypto/rand never fails
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(life), // clocks of machines differ
	}
}

func write(cert, key string, der []byte, signer *ecdsa.PrivateKey) error {
	secret, err := x509.MarshalPKCS8PrivateKey(signer)
	if err != nil {
		return err
	}
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600); err != nil {
		return err
	}
	return os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644)
}

package cluster

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
)

// PeerName is the DNS name in every node's certificate. Nodes are told apart
// from everybody else by it and by their authority, not by their addresses, which
// an orchestrator changes at will.
const PeerName = "node.heard.internal"

// Certificates are this node's part of mutual TLS. The certificate and its key
// are read again for each connection, so that they can be renewed in place.
type Certificates struct {
	authority *x509.CertPool
	cert, key string // files
}

// LoadCertificates reads PEM files: the authority that signed every node's
// certificate, this node's, and its key.
func LoadCertificates(authority, cert, key string) (*Certificates, error) {
	text, err := os.ReadFile(authority)
	if err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	c := &Certificates{authority: x509.NewCertPool(), cert: cert, key: key}
	if !c.authority.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("certificate authority: no certificate in %s", authority)
	}
	pair, err := c.load()
	if err != nil {
		return nil, err
	}
	if err := c.check(pair.Leaf); err != nil {
		return nil, fmt.Errorf("certificate %s: %w", cert, err)
	}
	return c, nil
}

func (c *Certificates) load() (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return &pair, nil
}

// check refuses at the start what other nodes would refuse later.
func (c *Certificates) check(leaf *x509.Certificate) error {
	for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
		_, err := leaf.Verify(x509.VerifyOptions{Roots: c.authority, DNSName: PeerName, KeyUsages: []x509.ExtKeyUsage{usage}})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *Certificates) server() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13, ClientCAs: c.authority, ClientAuth: tls.RequireAndVerifyClientCert,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.load() },
		VerifyConnection: func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 || !slices.Contains(s.PeerCertificates[0].DNSNames, PeerName) {
				return errors.New("the certificate is no node's")
			}
			return nil
		},
	}
}

func (c *Certificates) client() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13, RootCAs: c.authority, ServerName: PeerName,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return c.load() },
	}
}

package main

import (
	"encoding/pem"
	"fmt"
	"os"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// certificatesPath is where Go programs, and nearly all others, look first.
const certificatesPath = "etc/ssl/certs/ca-certificates.crt"

// writeCertificates writes the certificate authorities that Mozilla trusts to path.
//
// Authorities with a condition attached, such as "only what was issued before a
// date", are left out: the file cannot say the condition, and without it a program
// would trust more than Mozilla does.
func writeCertificates(path string) error {
	var file []byte
	for root := range bundle.Roots() {
		if root.Constraint != nil {
			continue
		}
		file = append(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate})...)
	}
	if err := os.WriteFile(path, file, 0o644); err != nil {
		return fmt.Errorf("write the certificate authorities: %w", err)
	}
	return nil
}

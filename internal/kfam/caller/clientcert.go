package caller

import (
	"errors"
	"fmt"
	"strings"
)

const (
	clientCertHeader = "X-Forwarded-Client-Cert"
	// longestClientCert leaves room for a chain of certificates, which Envoy can be told to
	// put into the header.
	longestClientCert = 64 << 10
	spiffeScheme      = "spiffe://"
)

var (
	errUnbalanced = errors.New("its quotes do not pair up")
	errManyURIs   = errors.New("it names more than one URI, so it is not clear which is the client's")
)

// clientPrincipal returns the mesh principal that the last element of an
// X-Forwarded-Client-Cert header names, or "" when that element names none.
func clientPrincipal(header string) (string, error) {
	if len(header) > longestClientCert {
		return "", fmt.Errorf("it is longer than %d bytes", longestClientCert)
	}
	element, err := lastElement(header)
	if err != nil {
		return "", err
	}
	uris, err := uris(element)
	switch {
	case err != nil:
		return "", err
	case len(uris) > 1:
		return "", errManyURIs
	case len(uris) == 0:
		return "", nil
	}
	if principal, found := strings.CutPrefix(uris[0], spiffeScheme); found && CheckPrincipal(principal) == nil {
		return principal, nil
	}
	return "", nil
}

// lastElement returns what the nearest proxy added. Elements are separated by commas, and a
// comma in quotes is none. It reads from the end: the proxy's own element is well-formed, so
// the comma before it is found whatever quotes the client wrote in front of it. Read from the
// beginning, a quote that the client left open would swallow that comma.
func lastElement(header string) (string, error) {
	quoted := false
	for i := len(header) - 1; i >= 0; i-- {
		switch {
		case header[i] == '"' && !escaped(header, i):
			quoted = !quoted
		case header[i] == ',' && !quoted:
			return header[i+1:], nil
		}
	}
	if quoted {
		return "", errUnbalanced
	}
	return header, nil
}

// escaped says whether an odd number of backslashes stands before position i.
func escaped(text string, i int) bool {
	before := text[:i]
	return (len(before)-len(strings.TrimRight(before, `\`)))%2 == 1
}

// uris returns the values of all URI fields of an element: fields are key=value, separated
// by semicolons, and a value in quotes may contain anything.
func uris(element string) ([]string, error) {
	var found []string
	for rest, more := element, true; more; {
		var field string
		var err error
		if field, rest, more, err = cutField(rest); err != nil {
			return nil, err
		}
		key, value, assigned := strings.Cut(field, "=")
		if !assigned {
			return nil, fmt.Errorf("the field %q has no value", field)
		}
		if value, err = unquote(value); err != nil {
			return nil, err
		}
		if strings.EqualFold(key, "URI") {
			found = append(found, value)
		}
	}
	return found, nil
}

// cutField splits at the first semicolon that is not in quotes.
func cutField(text string) (field, rest string, more bool, err error) {
	quoted := false
	for i := range len(text) {
		switch {
		case text[i] == '"' && !escaped(text, i):
			quoted = !quoted
		case text[i] == ';' && !quoted:
			return text[:i], text[i+1:], true, nil
		}
	}
	if quoted {
		return "", "", false, errUnbalanced
	}
	return text, "", false, nil
}

// unquote takes the quotes off a value that is all in quotes. One with quotes inside is
// nothing that a proxy writes.
func unquote(value string) (string, error) {
	inside, opened := strings.CutPrefix(value, `"`)
	if !opened {
		if strings.Contains(value, `"`) {
			return "", errUnbalanced
		}
		return value, nil
	}
	for i := range len(inside) {
		if inside[i] == '"' && !escaped(inside, i) {
			if i != len(inside)-1 {
				return "", errUnbalanced
			}
			return strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(inside[:i]), nil
		}
	}
	return "", errUnbalanced
}

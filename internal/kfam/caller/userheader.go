package caller

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// userHeader is the header in which the gateway names the user.
type userHeader struct {
	// name is in canonical form. Empty means that there is no such header.
	name string
	// prefix stands in front of the user's name.
	prefix string
}

// sent says whether the request has the header at all.
func (h userHeader) sent(header http.Header) bool {
	return h.name != "" && len(header[h.name]) > 0
}

// read returns the user that the header names. The prefix must be there in full, once: cut
// off by its length, any text of that length would do.
func (h userHeader) read(header http.Header) (string, *Refusal) {
	values := header[h.name]
	if len(values) != 1 {
		return "", malformedHeader(fmt.Sprintf("Send the header %s once.", h.name), fmt.Errorf("it came %d times", len(values)))
	}
	name, err := h.parse(values[0])
	if err != nil {
		return "", malformedHeader(fmt.Sprintf("The header %s does not name one user. Log in through the gateway, which sets it.", h.name),
			fmt.Errorf("header %s, %d bytes: %w", h.name, len(values[0]), err))
	}
	return name, nil
}

func (h userHeader) parse(value string) (string, error) {
	name, found := strings.CutPrefix(value, h.prefix)
	switch {
	case !found:
		return "", fmt.Errorf("it does not begin with %q", h.prefix)
	case h.prefix != "" && strings.HasPrefix(name, h.prefix):
		return "", fmt.Errorf("it begins with %q twice", h.prefix)
	case name == "":
		return "", errors.New("it names nobody")
	}
	if err := checkName(name); err != nil {
		return "", fmt.Errorf("the user's name cannot be used: %w", err)
	}
	if _, err := kindOf(name); err != nil {
		return "", fmt.Errorf("the user's name cannot be used: %w", err)
	}
	return name, nil
}

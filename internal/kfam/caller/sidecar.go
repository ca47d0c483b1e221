package caller

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
)

// DefaultSidecarAddresses are the addresses from which Istio's sidecar connects to the
// program in its pod. Other loopback addresses are not among them: "kubectl port-forward"
// comes from 127.0.0.1 and past the sidecar.
func DefaultSidecarAddresses() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("127.0.0.6/32"), netip.MustParsePrefix("::6/128")}
}

// sidecar says which program of the mesh a request comes from.
type sidecar struct {
	addresses []netip.Prefix
}

// principal returns the mesh principal of the program that connected to the sidecar, or ""
// when it is not known: without a sidecar, or when that program used plain text, for which
// the sidecar takes the header away.
func (s sidecar) principal(r *http.Request) (string, *Refusal) {
	values := r.Header[clientCertHeader]
	if len(values) == 0 || !s.sent(r.RemoteAddr) {
		return "", nil
	}
	principal, err := "", fmt.Errorf("it has %d values; a sidecar sends one", len(values))
	if len(values) == 1 {
		principal, err = clientPrincipal(values[0])
	}
	if err != nil {
		return "", &Refusal{Status: http.StatusBadRequest, Reason: ReasonMalformedClientCert,
			Message: "The header " + clientCertHeader + " cannot be read. Send the request without it; the mesh adds it.",
			Cause:   fmt.Errorf("header %s: %w", clientCertHeader, err)}
	}
	return principal, nil
}

func (s sidecar) sent(remoteAddress string) bool {
	peer, err := netip.ParseAddrPort(remoteAddress)
	if err != nil {
		return false
	}
	address := peer.Addr().Unmap().WithZone("")
	return slices.ContainsFunc(s.addresses, func(p netip.Prefix) bool { return p.Contains(address) })
}

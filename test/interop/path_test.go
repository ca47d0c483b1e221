package interop

import (
	"iter"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	hcmv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	meshconfig "istio.io/api/mesh/v1alpha1"
)

// unescapeSlashes is what Envoy does to a path when it unescapes slashes.
var unescapeSlashes = strings.NewReplacer("%2F", "/", "%2f", "/", "%5C", `\`, "%5c", `\`)

// seenByRules is what the RBAC filter, and behind it the pod, gets of a path: the settings of
// the connection manager, applied in the order that Envoy documents for
// path_with_escaped_slashes_action, normalize_path and merge_slashes. The matchers do not see
// the query.
func seenByRules(t *testing.T, connections *hcmv3.HttpConnectionManager, path string) string {
	t.Helper()
	path, _, _ = strings.Cut(path, "?")
	if connections.PathWithEscapedSlashesAction == hcmv3.HttpConnectionManager_UNESCAPE_AND_FORWARD {
		path = unescapeSlashes.Replace(path)
	}
	if connections.NormalizePath.GetValue() {
		path = normalized(t, path)
	}
	if connections.MergeSlashes {
		path = severalSlashes.ReplaceAllString(path, "/")
	}
	return path
}

var (
	severalSlashes = regexp.MustCompile("/+")
	escapedLetter  = regexp.MustCompile("%[0-9A-Fa-f]{2}")
	unreserved     = regexp.MustCompile("^[-._~0-9A-Za-z]$")
)

// normalized follows RFC 3986, section 6.2.2: unreserved characters are unescaped, then
// segments of dots are removed. Envoy makes slashes of backslashes besides.
func normalized(t *testing.T, path string) string {
	t.Helper()
	path = escapedLetter.ReplaceAllStringFunc(path, func(escaped string) string {
		if letter, err := url.PathUnescape(escaped); err == nil && unreserved.MatchString(letter) {
			return letter
		}
		return escaped
	})
	// With an authority in front, a path that begins with two slashes stays a path.
	pod := &url.URL{Scheme: "http", Host: "pod", Path: "/"}
	resolved, err := pod.Parse("http://pod" + strings.ReplaceAll(path, `\`, "/"))
	if err != nil {
		t.Fatalf("the path %q: %v", path, err)
	}
	return pod.ResolveReference(resolved).EscapedPath()
}

var allNormalizations = []meshconfig.MeshConfig_ProxyPathNormalization_NormalizationType{
	meshconfig.MeshConfig_ProxyPathNormalization_DEFAULT,
	meshconfig.MeshConfig_ProxyPathNormalization_NONE,
	meshconfig.MeshConfig_ProxyPathNormalization_BASE,
	meshconfig.MeshConfig_ProxyPathNormalization_MERGE_SLASHES,
	meshconfig.MeshConfig_ProxyPathNormalization_DECODE_AND_MERGE_SLASHES,
}

// TestWhatEnvoyMakesOfAPath states the examples of Istio's documentation of path
// normalization, and a few more, for the generated configuration.
func TestWhatEnvoyMakesOfAPath(t *testing.T) {
	tests := []struct {
		path string
		// want has one path for each of allNormalizations.
		want [5]string
	}{
		{"/a/../b", [5]string{"/b", "/a/../b", "/b", "/b", "/b"}},
		{"/a/./b", [5]string{"/a/b", "/a/./b", "/a/b", "/a/b", "/a/b"}},
		{`/a\..\b`, [5]string{"/b", `/a\..\b`, "/b", "/b", "/b"}},
		{"/a//b", [5]string{"/a//b", "/a//b", "/a//b", "/a/b", "/a/b"}},
		{"//b", [5]string{"//b", "//b", "//b", "/b", "/b"}},
		{"/a%2Fb", [5]string{"/a%2Fb", "/a%2Fb", "/a%2Fb", "/a%2Fb", "/a/b"}},
		{"/a%5cb", [5]string{"/a%5cb", "/a%5cb", "/a%5cb", "/a%5cb", "/a/b"}},
		{"/a%2f..%2fb", [5]string{"/a%2f..%2fb", "/a%2f..%2fb", "/a%2f..%2fb", "/a%2f..%2fb", "/b"}},
		{"/a/%2e%2E/b", [5]string{"/b", "/a/%2e%2E/b", "/b", "/b", "/b"}},
		{"/%62", [5]string{"/b", "/%62", "/b", "/b", "/b"}},
		{"/../../b", [5]string{"/b", "/../../b", "/b", "/b", "/b"}},
		{"/b?x=/a", [5]string{"/b", "/b", "/b", "/b", "/b"}},
	}
	for i, normalization := range allNormalizations {
		connections := sidecarOf(t, ownedByAnn(), meshSettings{normalization: normalization}).connections
		for _, test := range tests {
			if got := seenByRules(t, connections, test.path); got != test.want[i] {
				t.Errorf("%v makes %q of %q, want %q", normalization, got, test.path, test.want[i])
			}
		}
	}
}

// TestNoTrickLeavesTheProbesPaths tries every trick below every setting of the mesh: when a
// pod of another profile is admitted at all, what reaches the pod is one of three paths.
func TestNoTrickLeavesTheProbesPaths(t *testing.T) {
	engine := newEngine(t)
	open := []string{"/healthz", "/metrics", "/wait-for-drain"}
	for _, normalization := range allNormalizations {
		rules := sidecarOf(t, ownedByAnn(), meshSettings{normalization: normalization})
		door := engine.open(t, withStandins(t, rules.http))
		for path := range tricks() {
			request := by(otherPod).get(path)
			seen := seenByRules(t, rules.connections, path)
			if got, want := door.admits(t, request.source, request.sent(t, rules)), slices.Contains(open, seen); got != want {
				t.Errorf("%v: %s reaches the pod as %s: %s, want %s", normalization, path, seen, inWords(got), inWords(want))
			}
		}
	}
}

// tricks are the three paths with every combination of what people try in front of and
// behind them.
func tricks() iter.Seq[string] {
	return func(yield func(string) bool) {
		separators := []string{"/", "//", "/./", "/../", "/x/../", "%2f", "%2F..%2F", `\`, "%5c..%5c", "/%2e%2e/", ";/", "?/", "%3f/", "/%6detrics/"}
		for _, path := range []string{"healthz", "metrics", "wait-for-drain"} {
			for _, front := range separators {
				for _, behind := range separators {
					for _, trick := range []string{"/secret" + front + path, front + path + behind + "secret", front + path} {
						if !yield("/" + strings.TrimPrefix(trick, "/")) {
							return
						}
					}
				}
			}
		}
	}
}

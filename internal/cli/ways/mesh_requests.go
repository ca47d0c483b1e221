package ways

import (
	"slices"
	"strings"

	istioapi "istio.io/api/security/v1beta1"
)

const everyRequest = "every request"

// probePaths are those that Knative asks for, which every Profile's policy leaves open.
var probePaths = []string{"/healthz", "/metrics", "/wait-for-drain"}

// requests says which requests a rule allows.
func requests(rule *istioapi.Rule) string {
	var parts []string
	for _, to := range rule.GetTo() {
		part := operation(to.GetOperation())
		if part == "" {
			return everyRequest
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return everyRequest
	}
	return strings.Join(parts, "; ")
}

func operation(o *istioapi.Operation) string {
	var words []string
	add := func(before string, values []string, between string) {
		if len(values) > 0 {
			words = append(words, before+strings.Join(values, between))
		}
	}
	add("", o.GetMethods(), ",")
	add("", o.GetPaths(), " ")
	add("to host ", o.GetHosts(), ",")
	add("to port ", o.GetPorts(), ",")
	add("but not ", o.GetNotMethods(), ",")
	add("but not ", o.GetNotPaths(), " ")
	add("but not to host ", o.GetNotHosts(), ",")
	add("but not to port ", o.GetNotPorts(), ",")
	if len(words) > 0 && strings.HasPrefix(words[0], "but") {
		words = slices.Insert(words, 0, everyRequest)
	}
	return strings.Join(words, " ")
}

// onlyProbes tells whether a rule is open for nothing but probes. Whoever asks where somebody
// gets in does not mean those: there would be one in every Profile.
func onlyProbes(rule *istioapi.Rule) bool {
	isProbe := func(to *istioapi.Rule_To) bool {
		paths := to.GetOperation().GetPaths()
		return len(paths) > 0 && !slices.ContainsFunc(paths, func(path string) bool { return !slices.Contains(probePaths, path) })
	}
	return len(rule.GetTo()) > 0 && !slices.ContainsFunc(rule.GetTo(), func(to *istioapi.Rule_To) bool { return !isProbe(to) })
}

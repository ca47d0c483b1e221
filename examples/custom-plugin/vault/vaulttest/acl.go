package vaulttest

import (
	"regexp"
	"slices"
	"strings"
)

// rule is one path of an ACL policy. One that ends in '*' is for all that begins so.
type rule struct {
	path         string
	capabilities []string
}

var (
	ruleText = regexp.MustCompile(`path\s+"([^"]+)"\s*\{\s*capabilities\s*=\s*\[([^\]]*)\]\s*\}`)
	word     = regexp.MustCompile(`[a-z]+`)
)

// parsePolicy reads rules that have capabilities and nothing else.
func parsePolicy(text string) []rule {
	var rules []rule
	for _, match := range ruleText.FindAllStringSubmatch(text, -1) {
		rules = append(rules, rule{path: match[1], capabilities: word.FindAllString(match[2], -1)})
	}
	return rules
}

func allowed(rules []rule, path, capability string) bool {
	return slices.ContainsFunc(rules, func(r rule) bool {
		prefix, glob := strings.CutSuffix(r.path, "*")
		return (r.path == path || glob && strings.HasPrefix(path, prefix)) && slices.Contains(r.capabilities, capability)
	})
}

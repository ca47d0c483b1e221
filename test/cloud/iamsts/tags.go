package iamsts

import (
	"maps"
	"net/http"
	"net/url"
)

type tagXML struct{ Key, Value string }

// tagList is left out of most answers when there are none.
type tagList struct {
	Members []tagXML `xml:"member"`
}

func tagsXML(tags map[string]string) *tagList {
	if len(tags) == 0 {
		return nil
	}
	var list tagList
	for _, key := range sortedNames(tags) {
		list.Members = append(list.Members, tagXML{key, tags[key]})
	}
	return &list
}

// maxTags is IAM's quota of tags on a role.
const maxTags = 50

func tagsOf(parameters url.Values) (map[string]string, error) {
	keys, values := members(parameters, "Tags", ".Key"), members(parameters, "Tags", ".Value")
	if len(keys) != len(values) {
		return nil, apiError{http.StatusBadRequest, "InvalidInput", "Each tag needs a key and a value."}
	}
	tags := make(map[string]string, len(keys))
	for i, key := range keys {
		if _, ok := tags[key]; ok {
			return nil, apiError{http.StatusBadRequest, "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive."}
		}
		tags[key] = values[i]
	}
	return tags, nil
}

func (s *Server) tagRole(c *call) (any, error) {
	tags, err := tagsOf(c.parameters)
	if err != nil {
		return nil, err
	}
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	r, err := s.account.findModifiable(c.Role)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(r.tags)
	maps.Copy(all, tags)
	if len(all) > maxTags {
		return nil, apiError{http.StatusConflict, "LimitExceeded", "The number of tags has reached the maximum limit."}
	}
	r.tags = all
	return nil, nil
}

func (s *Server) untagRole(c *call) (any, error) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	r, err := s.account.findModifiable(c.Role)
	if err != nil {
		return nil, err
	}
	for _, key := range members(c.parameters, "TagKeys", "") {
		delete(r.tags, key)
	}
	return nil, nil
}

type listRoleTagsResult struct {
	Tags        tagList
	IsTruncated bool
}

func (s *Server) listRoleTags(c *call) (any, error) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	r, err := s.account.find(c.Role)
	if err != nil {
		return nil, err
	}
	var result listRoleTagsResult
	if tags := tagsXML(r.tags); tags != nil {
		result.Tags = *tags
	}
	return result, nil
}

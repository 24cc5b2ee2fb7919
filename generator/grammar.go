package generator

// What stands where in an OpenAPI 3.0 document. The same word means different things in different places: a property
// may be called `description`, and an example may look like a schema. Whoever walks the tree asks here.

import "slices"

// position is what a node is. The zero position is a place without structure of OpenAPI's: an example, a default, a
// list of names, an extension.
type position string

// shape is what a position holds: its structured members ("*" is any other key, and the items of a list) and which of
// its members are prose.
type shape struct {
	members map[string]position
	prose   []string
}

func mapOfAll(p position) shape { return shape{members: map[string]position{"*": p}} }

var shapes = map[position]shape{
	"document": {members: map[string]position{
		"info": "info", "servers": "servers", "paths": "paths", "components": "components", "tags": "tags",
	}, prose: []string{"externalDocs"}},
	"info":      {prose: []string{"description", "summary", "x-logo"}},
	"servers":   mapOfAll("server"),
	"server":    {members: map[string]position{"variables": "variables"}, prose: []string{"description"}},
	"variables": mapOfAll("variable"),
	"variable":  {prose: []string{"description"}},
	"tags":      mapOfAll("tag"),
	"tag":       {prose: []string{"description", "externalDocs"}},
	"components": {members: map[string]position{
		"schemas": "schemas", "responses": "responses", "parameters": "parameters", "requestBodies": "requestBodies",
		"headers": "headers", "securitySchemes": "securitySchemes", "links": "links", "callbacks": "callbacks",
	}, prose: []string{"examples"}},
	"paths": mapOfAll("pathItem"),
	"pathItem": {members: map[string]position{
		"*": "operation", "parameters": "parameters", "servers": "servers", "summary": "", "description": "", "$ref": "",
	}, prose: []string{"summary", "description"}},
	"operation": {members: map[string]position{
		"parameters": "parameters", "requestBody": "requestBody", "responses": "responses", "callbacks": "callbacks",
		"servers": "servers",
	}, prose: []string{"summary", "description", "externalDocs"}},
	"parameters": mapOfAll("parameter"),
	"parameter": {members: map[string]position{"schema": "schema", "content": "content"},
		prose: []string{"description", "example", "examples"}},
	"headers":       mapOfAll("parameter"),
	"requestBodies": mapOfAll("requestBody"),
	"requestBody":   {members: map[string]position{"content": "content"}, prose: []string{"description"}},
	"content":       mapOfAll("mediaType"),
	"mediaType": {members: map[string]position{"schema": "schema", "encoding": "encodings"},
		prose: []string{"example", "examples"}},
	"encodings": mapOfAll("encoding"),
	"encoding":  {members: map[string]position{"headers": "headers"}},
	"responses": mapOfAll("response"),
	"response": {members: map[string]position{"content": "content", "headers": "headers", "links": "links"},
		prose: []string{"description"}},
	"links":           mapOfAll("link"),
	"link":            {members: map[string]position{"server": "server"}, prose: []string{"description"}},
	"callbacks":       mapOfAll("callback"),
	"callback":        mapOfAll("pathItem"),
	"securitySchemes": mapOfAll("securityScheme"),
	"securityScheme":  {prose: []string{"description"}},
	"schemas":         mapOfAll("schema"),
	"schema": {members: map[string]position{
		"properties": "schemas", "patternProperties": "schemas", "allOf": "schemas", "oneOf": "schemas", "anyOf": "schemas",
		"not": "schema", "items": "schema", "additionalProperties": "schema",
	}, prose: []string{"title", "description", "example", "examples", "externalDocs"}},
}

// at is the position of a member, or of a list's item when key is "*". Extensions have none.
func (p position) at(key string) position {
	members := shapes[p].members
	if q, ok := members[key]; ok {
		return q
	}
	if len(key) > 1 && key[:2] == "x-" && p != "schemas" && p != "headers" && p != "parameters" {
		return ""
	}
	return members["*"]
}

// isProse tells whether a member is for human readers only.
func (p position) isProse(key string) bool { return slices.Contains(shapes[p].prose, key) }

// isSet tells whether a list's order says nothing.
func isSet(key string) bool { return key == "required" || key == "enum" || key == "tags" }

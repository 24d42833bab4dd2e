// Command gen writes the generated part of package saeclient from the two fact files of api/sae: operations.json
// (operations, parameters, answers) and errors.json (error codes and what they mean for a caller).
//
// It is run by "go generate ./saeclient". One template serves every operation; what differs between operations is in the
// facts. A test regenerates everything in memory and compares it with the committed files.
package main

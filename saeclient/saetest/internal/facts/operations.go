package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// operations reads the answers of the operations in a file of facts.
func operations(path string) ([]documented, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var facts struct {
		Operations []documented `json:"operations"`
	}
	if err := json.Unmarshal(text, &facts); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return facts.Operations, nil
}

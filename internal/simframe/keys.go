package simframe

// CheckKeys says what is wrong with access keys, secrets by key ID; empty when nothing is.
func CheckKeys(keys map[string]string) string {
	for id, secret := range keys {
		if id == "" || secret == "" {
			return "a key ID and its secret must not be empty"
		}
	}
	return ""
}

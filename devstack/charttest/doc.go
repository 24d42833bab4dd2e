// Package charttest holds the Helm chart of deploy/helm to what it promises, without a cluster: Helm's own library lints and
// renders it, every object is read strictly as Kubernetes reads it, pods run without privileges and with files for secrets,
// settings are those that the commands have, and values that are wrong are refused by their names.
package charttest

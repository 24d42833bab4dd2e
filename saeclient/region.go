package saeclient

// Region is a region in which SAE runs.
type Region struct {
	// ID is the region's ID, for example cn-hangzhou.
	ID string
	// Name is the region's name in English.
	Name string
	// Since is the date, yyyy-MM-dd, from which a region is known that the reference does not list.
	Since string
}

// InstanceSpec is a size that an instance may have.
type InstanceSpec struct {
	// CPU is in millicores.
	CPU int
	// Memory is in MB.
	Memory int
}

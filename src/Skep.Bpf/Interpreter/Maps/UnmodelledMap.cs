namespace Skep.Bpf.Interpreter;

/// <summary>A kind of map that exists only as an address: every operation fails with EINVAL, and helpers for it have to be provided.</summary>
sealed class UnmodelledMap(Machine machine, MapSpec spec) : VirtualMap(machine, spec);

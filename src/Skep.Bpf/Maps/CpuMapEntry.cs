namespace Skep.Bpf;

/// <summary>Where <c>bpf_redirect_map</c> sends a packet through a <see cref="CpuMap"/>.</summary>
/// <param name="QueueSize">Packets that may wait for that CPU; 0 for no entry.</param>
/// <param name="ProgramId">The XDP program that runs on the packet there; 0 for none.</param>
public readonly record struct CpuMapEntry(uint QueueSize, uint ProgramId);

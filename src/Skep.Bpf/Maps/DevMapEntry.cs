namespace Skep.Bpf;

/// <summary>Where <c>bpf_redirect_map</c> sends a packet through a <see cref="DevMap"/>.</summary>
/// <param name="InterfaceIndex">The network interface.</param>
/// <param name="ProgramId">The XDP program that runs on the packet there; 0 for none.</param>
public readonly record struct DevMapEntry(uint InterfaceIndex, uint ProgramId);

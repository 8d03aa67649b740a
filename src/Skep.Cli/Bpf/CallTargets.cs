using Skep.Bpf;
using Skep.Bpf.Instructions;

namespace Skep.Cli.Bpf;

/// <summary>Names what an instruction of a loaded program refers to: a map by id, a subprogram, a kernel function.</summary>
static class CallTargets
{
    public static string? Describe(ProgramCode code, int index)
    {
        var instruction = code.Instructions[index];
        if (instruction.IsSubprogramCall)
        {
            var target = index + 1 + instruction.Immediate;
            var function = code.Functions.FirstOrDefault(f => f.Index == target);
            return function.Name is { Length: > 0 } name ? name : null;
        }
        // The verifier has replaced the numbers of helpers and kernel functions by addresses.
        if (instruction.IsHelperCall || instruction.IsKfuncCall) return KernelAddresses.CalledBy(instruction.Immediate);
        if (!instruction.IsWide) return null;
        // The kernel shows ids instead of descriptors (kernel/bpf/syscall.c: bpf_insn_prepare_dump).
        return (byte)instruction.Source is OpCode.PseudoMapFd or OpCode.PseudoMapValue ? MapName((uint)instruction.Immediate) : null;
    }

    static string? MapName(uint id)
    {
        if (!BpfMap.TryFromId(id, out var map)) return null;
        using (map) return map.Name;
    }
}

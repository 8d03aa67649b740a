using Skep.Bpf;
using Skep.Bpf.Instructions;
using Skep.Engine.Compilation;
using Skep.Engine.Hooks;
using Skep.Engine.Rules;

namespace Skep.Engine.Runtime;

/// <summary>What became of policies on this kernel: compiled and verified, not attached.</summary>
/// <param name="Programs">The programs.</param>
/// <param name="Maps">The maps of these policies alone, with the bytes that the kernel charges for them.</param>
/// <param name="Policies">What each policy costs.</param>
/// <param name="Failures">What cannot be had.</param>
public sealed record PolicyExplanation(IReadOnlyList<ExplainedProgram> Programs, IReadOnlyList<ExplainedMap> Maps, IReadOnlyList<ExplainedPolicy> Policies, IReadOnlyList<PolicyFailure> Failures)
{
    /// <summary>Compiles policies and loads them without attaching.</summary>
    /// <exception cref="BpfException">A policy cannot be compiled, or the verifier refuses it.</exception>
    public static PolicyExplanation Create(IEnumerable<Policy> policies)
    {
        var kernel = Btf.Kernel;
        var plan = GenerationPlan.Create(policies, new HookResolver(kernel), bestEffort: true);
        // Nothing is ignored here: what is missing is what the reader wants to know.
        var failures = plan.Failures.Select(f => f with { IsIgnored = f.NeverHappens || (f.Request is { MayBeMissing: true } && f.IsIgnored) }).ToList();
        var options = new EngineOptions { RingSize = 64 * 1024 };
        using var state = KernelState.Open(options);
        using var generation = Generation.Load(1, plan, kernel, options, state, keepsCode: true);
        var programs = new List<ExplainedProgram>();
        foreach (var hook in plan.Hooks)
        {
            var info = generation.Programs[hook.LoadedName].GetInfo();
            programs.Add(new ExplainedProgram(hook, (int)info.XlatedLength / 8, info.VerifiedInstructions, (int)info.JitedLength, generation.ListingOf(hook)));
        }
        var maps = generation.Maps.Where(m => !KernelState.IsShared(m.Key)).Select(m => new ExplainedMap(m.Key, m.Value.GetInfo().MemoryBytes ?? 0)).ToList();
        var bytes = generation.MemoryByPolicy();
        return new PolicyExplanation(programs, maps, [.. plan.Policies.Select((policy, i) => new ExplainedPolicy(policy, bytes[i]))], failures);
    }
}

/// <summary>A program as the kernel took it.</summary>
/// <param name="Plan">What it is for.</param>
/// <param name="Instructions">Its size with all functions that it calls, after the verifier.</param>
/// <param name="Verified">Instructions that the verifier looked at.</param>
/// <param name="JitedBytes">Bytes of machine code.</param>
/// <param name="Listing">Its generated code before linking.</param>
public sealed record ExplainedProgram(HookPlan Plan, int Instructions, uint Verified, int JitedBytes, string Listing);

/// <summary>A map.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Memory that the kernel charges for it.</param>
public sealed record ExplainedMap(string Name, long Bytes);

/// <summary>A policy.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Bytes">Its share of the programs and tables; see <see cref="PolicyStatistics.KernelBytes"/>.</param>
public sealed record ExplainedPolicy(Policy Policy, long Bytes);

using Skep.Bpf.Instructions;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

public static partial class Features
{
    static FeatureSupport ProbeProgramType(ProgramType type)
    {
        var name = $"program type {type}";
        var release = FeatureReleases.Of(type);
        if (type == ProgramType.Extension) return ProbeFreplace(name, release, attach: false);
        var image = ProbeProgram.Image(type, out var reason);
        if (image is null) return MissingTarget(name, release, reason);
        return Probe.Answer(name, ProbeProgram.Load(image), release, type, usesTrampoline: type == ProgramType.Lsm);
    }

    /// <summary>No BTF of the kernel, or none of the target in it, is as final as a refusal.</summary>
    static FeatureSupport MissingTarget(string name, (KernelVersion Since, string Option) release, string reason) =>
        KernelVersion.Running < release.Since
            ? Probe.Missing(name, FeatureCause.TooOld, $"needs Linux {release.Since.Series}, this is {KernelVersion.Running}", release.Since)
            : Probe.Missing(name, FeatureCause.NotBuilt, release.Option.Length > 0 ? $"{reason} ({release.Option})" : reason, release.Since);

    static FeatureSupport ProbeFreplace(string name, (KernelVersion Since, string Option) release, bool attach)
    {
        var btf = ProbeBtf.Load(ProbeBtf.Functions);
        if (btf < 0) return Probe.Answer(name, new ProbeOutcome(-btf, Step: "BTF load"), release, ProgramType.Extension);
        using var btfFd = new FileDescriptor(btf);
        using var target = ProbeProgram.TryLoad(ProbeProgram.ReplaceableTarget(btf), out var outcome);
        if (target is null) return Probe.Answer(name, outcome with { Step = "load of the target" }, release, ProgramType.SocketFilter);
        using var extension = ProbeProgram.TryLoad(ProbeProgram.Extension(btf, target.Value), out outcome);
        if (extension is not null && attach) outcome = Close(LinkSyscalls.OpenRawTracepoint(null, extension.Value, cookie: 0));
        return Probe.Answer(name, outcome, release, ProgramType.Extension, usesTrampoline: true);
    }

    /// <summary>An attachment's descriptor or negated error as an outcome; the attachment ends.</summary>
    static ProbeOutcome Close(int result)
    {
        if (result < 0) return new ProbeOutcome(-result, Step: "attach");
        Libc.Check(Libc.Close(result), "close");
        return default;
    }

    static FeatureSupport ProbeHelper(ProgramType type, HelperFunction helper)
    {
        var name = $"helper {HelperName(helper)} in {type}";
        var outcome = CallHelper(type, helper, 0, out var missingTarget);
        if (missingTarget is not null) return new FeatureSupport(name, FeatureStatus.Missing, FeatureCause.NotBuilt, missingTarget);
        // Helpers that may fault exist only for sleepable programs; kprobe programs (uprobes) can be.
        if (IsRefused(outcome) && type == ProgramType.Kprobe && CallHelper(type, helper, ProgramFlags.Sleepable, out _) is var sleepable && !IsRefused(sleepable) && sleepable.Log.Length > 0)
        {
            return Probe.Present(name, default, "sleepable programs only");
        }
        if (outcome.Worked) return Probe.Present(name, default);
        if (IsUnknown(outcome, helper)) return Probe.Missing(name, FeatureCause.TooOld, $"this kernel ({KernelVersion.Running}) does not know the helper", default, outcome.Error);
        if (IsRefused(outcome))
        {
            if (helper is HelperFunction.ProbeWriteUser && KernelSettings.Read().Lockdown is LockdownMode.Integrity or LockdownMode.Confidentiality)
            {
                return Probe.Missing(name, FeatureCause.Lockdown, "kernel lockdown withholds it", default, outcome.Error);
            }
            if (helper == HelperFunction.OverrideReturn && KernelOption.IsSet("CONFIG_BPF_KPROBE_OVERRIDE") != true)
            {
                return Probe.Missing(name, FeatureCause.NotBuilt, "the kernel was built without CONFIG_BPF_KPROBE_OVERRIDE", default, outcome.Error);
            }
            return Probe.Missing(name, FeatureCause.NotForThisType, $"the kernel offers it to other types of program or not at all", default, outcome.Error);
        }
        // Any other complaint is about the arguments, which were left empty: the call itself was accepted.
        if (outcome.Log.Contains('\n', StringComparison.Ordinal) && outcome.Error is Errno.EINVAL or Errno.EACCES) return Probe.Present(name, default);
        var program = Program(type);
        return program.IsPresent
            ? new FeatureSupport(name, FeatureStatus.Inconclusive, FeatureCause.Unknown, $"{Errno.Name(outcome.Error)}: {outcome.Log.Trim()}", default, outcome.Error)
            : new FeatureSupport(name, program.Status, program.Cause, program.Reason, program.Since, program.ErrorNumber);
    }

    static ProbeOutcome CallHelper(ProgramType type, HelperFunction helper, ProgramFlags flags, out string? missingTarget)
    {
        missingTarget = null;
        Instruction[] code = [ProbeProgram.Call(helper), .. ProbeProgram.Return(0)];
        var image = ProbeProgram.Image(type, code, out var reason, flags: flags);
        if (image is not null) return ProbeProgram.Load(image);
        missingTarget = reason;
        return default;
    }

    static bool IsUnknown(ProbeOutcome outcome, HelperFunction helper) =>
        outcome.Log.Contains($"invalid func unknown#{(int)helper}", StringComparison.Ordinal) || outcome.Log.Contains($"invalid func {(int)helper}", StringComparison.Ordinal);

    // Wording of kernel/bpf/verifier.c: check_helper_call, from 4.x to 6.x.
    static bool IsRefused(ProbeOutcome outcome) =>
        outcome.Log.Contains("unknown func ", StringComparison.Ordinal) || outcome.Log.Contains("invalid func ", StringComparison.Ordinal)
        || outcome.Log.Contains("cannot use helper ", StringComparison.Ordinal) || outcome.Log.Contains("helper call is not allowed", StringComparison.Ordinal)
        || outcome.Log.Contains("helper call might sleep", StringComparison.Ordinal);

    /// <summary>The helper's name as in C: bpf_map_lookup_elem.</summary>
    static string HelperName(HelperFunction helper)
    {
        var text = helper.ToString();
        var result = new System.Text.StringBuilder("bpf");
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsAsciiLetterUpper(text[i])) result.Append('_');
            result.Append(char.ToLowerInvariant(text[i]));
        }
        return result.ToString();
    }
}

using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>Turns an outcome into an answer with its reason.</summary>
static class Probe
{
    /// <summary>The capabilities that a type of program needs and this process lacks, as text.</summary>
    static string MissingCapabilities(ProgramType type)
    {
        var held = CapabilitySet.Effective;
        return string.Join(" and ", PermissionDiagnosis.NeededFor(type).Where(c => !held.Grants(c)).Select(CapabilitySet.NameOf));
    }

    static bool NeedsPerfMon(ProgramType type) => PermissionDiagnosis.NeededFor(type).Contains(Capability.Perfmon);

    public static FeatureSupport Present(string name, KernelVersion since, string remark = "") => new(name, FeatureStatus.Present, FeatureCause.None, remark, since);

    public static FeatureSupport Missing(string name, FeatureCause cause, string reason, KernelVersion since, int error = 0) =>
        new(name, FeatureStatus.Missing, cause, reason, since, error);

    /// <summary>The answer for an attempt. <paramref name="usesTrampoline"/> says that success depends on the kernel accepting BPF trampolines.</summary>
    public static FeatureSupport Answer(string name, ProbeOutcome outcome, (KernelVersion Since, string Option) release, ProgramType type, bool usesTrampoline = false)
    {
        if (outcome.Worked) return Present(name, release.Since);
        var errno = Errno.Name(outcome.Error);
        if (outcome.Error is Errno.EPERM or Errno.EACCES)
        {
            var missing = MissingCapabilities(type);
            if (missing.Length > 0) return Missing(name, FeatureCause.Capability, $"{errno} at {outcome.Step}: this process lacks {missing}", release.Since, outcome.Error);
            if (KernelSettings.Read().Lockdown == LockdownMode.Confidentiality && NeedsPerfMon(type))
            {
                return Missing(name, FeatureCause.Lockdown, $"{errno} at {outcome.Step}: the kernel is locked down for confidentiality", release.Since, outcome.Error);
            }
            if (usesTrampoline && outcome.Error == Errno.EPERM && outcome.Log.Length == 0)
            {
                return Missing(name, FeatureCause.TrampolinesRefused,
                    $"EPERM at {outcome.Step} with an empty log and every capability held: this kernel refuses BPF trampolines", release.Since, outcome.Error);
            }
            return new FeatureSupport(name, FeatureStatus.Inconclusive, FeatureCause.Unknown,
                $"{errno} at {outcome.Step} although every capability is held; a security module may refuse it{Quote(outcome.Log)}", release.Since, outcome.Error);
        }
        if (outcome.Error is Errno.EINVAL or Errno.E2BIG or Errno.ENOTSUPP or Errno.EOPNOTSUPP or Errno.ENOENT or Errno.ENOSYS or Errno.ESRCH or Errno.ENXIO or Errno.ENODEV)
        {
            if (KernelVersion.Running < release.Since)
            {
                return Missing(name, FeatureCause.TooOld, $"needs Linux {release.Since.Series}, this is {KernelVersion.Running} ({errno})", release.Since, outcome.Error);
            }
            if (release.Option.Length > 0 && KernelOption.IsSet(release.Option) == false)
            {
                return Missing(name, FeatureCause.NotBuilt, $"the kernel was built without {release.Option} ({errno})", release.Since, outcome.Error);
            }
            var hint = release.Option.Length > 0 && KernelOption.IsSet(release.Option) is null ? $", probably without {release.Option}" : "";
            return Missing(name, FeatureCause.NotBuilt, $"{errno} at {outcome.Step}: this kernel was built without it{hint}{Quote(outcome.Log)}", release.Since, outcome.Error);
        }
        return new FeatureSupport(name, FeatureStatus.Inconclusive, FeatureCause.Unknown, $"{errno} at {outcome.Step}{Quote(outcome.Log)}", release.Since, outcome.Error);
    }

    static string Quote(string log)
    {
        var line = log.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault(l => !l.StartsWith("processed ", StringComparison.Ordinal));
        return line is null ? "" : $": {line.Trim()}";
    }
}

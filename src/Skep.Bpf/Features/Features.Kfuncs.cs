using Skep.Bpf.Instructions;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

public static partial class Features
{
    const string BtfDirectory = "/sys/kernel/btf";

    static readonly Lazy<HashSet<uint>?> s_tagged = new(ReadTagged);

    static FeatureSupport ProbeKfunc(string name)
    {
        var title = $"kfunc {name}";
        var release = FeatureReleases.Of(BpfFeature.Kfuncs);
        if (!Kernel(BpfFeature.KernelBtf).IsPresent) return MissingTarget(title, release, "the kernel has no BTF");
        var id = ProbeProgram.KernelType(name, BtfKind.Function);
        if (id != 0)
        {
            // Kernels since 6.10 tag their kfuncs; older ones leave only the name.
            return s_tagged.Value is null || s_tagged.Value.Contains(id)
                ? Probe.Present(title, default)
                : Probe.Missing(title, FeatureCause.NotForThisType, "a function of the kernel that programs may not call", default);
        }
        var module = FindInModules(name);
        return module is not null
            ? Probe.Present(title, default, $"in module {module}")
            : Probe.Missing(title, FeatureCause.TooOld, $"this kernel ({KernelVersion.Running}) has no such function", default);
    }

    static FeatureSupport ProbeKfunc(string name, ProgramType type)
    {
        var title = $"kfunc {name} in {type}";
        var known = Kfunc(name);
        var id = ProbeProgram.KernelType(name, BtfKind.Function);
        if (!known.IsPresent || id == 0) return new FeatureSupport(title, known.IsPresent ? FeatureStatus.Inconclusive : known.Status, known.Cause, known.Reason, known.Since);
        var outcome = CallKfunc(type, id, out var missingTarget);
        if (missingTarget is not null) return Probe.Missing(title, FeatureCause.NotBuilt, missingTarget, default);
        if (outcome.Worked) return Probe.Present(title, default);
        if (outcome.Log.Contains("is not allowed", StringComparison.Ordinal)) return Probe.Missing(title, FeatureCause.NotForThisType, $"not for programs of type {type}", default, outcome.Error);
        if (outcome.Log.Contains('\n', StringComparison.Ordinal) && outcome.Error is Errno.EINVAL or Errno.EACCES) return Probe.Present(title, default);
        return Probe.Answer(title, outcome, FeatureReleases.Of(BpfFeature.Kfuncs), type);
    }

    static ProbeOutcome CallKfunc(ProgramType type, uint id, out string? missingTarget)
    {
        Instruction[] code = [new(OpCode.CallInstruction, default, (Register)OpCode.PseudoKfuncCall, immediate: (int)id), .. ProbeProgram.Return(0)];
        var image = ProbeProgram.Image(type, code, out var reason);
        missingTarget = image is null ? reason : null;
        return image is null ? default : ProbeProgram.Load(image);
    }

    /// <summary>The functions of the kernel that carry the tag <c>bpf_kfunc</c>; null when none does.</summary>
    static HashSet<uint>? ReadTagged()
    {
        var btf = Btf.Kernel;
        var tagged = new HashSet<uint>();
        for (var id = btf.FirstId; id < btf.Count; id++)
        {
            var type = btf[id];
            if (type.Kind == BtfKind.DeclarationTag && type.Utf8Name.SequenceEqual("bpf_kfunc"u8)) tagged.Add(type.TypeId);
        }
        return tagged.Count == 0 ? null : tagged;
    }

    static string? FindInModules(string name)
    {
        if (!Directory.Exists(BtfDirectory)) return null;
        foreach (var path in Directory.EnumerateFiles(BtfDirectory))
        {
            var module = Path.GetFileName(path);
            if (module == "vmlinux") continue;
            try
            {
                if (Btf.FromModule(module).TryFind(name, BtfKind.Function, out _)) return module;
            }
            catch (BpfException)
            {
                // A module that unloads meanwhile offers nothing.
            }
        }
        return null;
    }
}

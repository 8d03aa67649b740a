using System.Collections.Concurrent;
using Skep.Bpf.Instructions;

namespace Skep.Bpf;

/// <summary>
/// What the running kernel and this process's rights allow, found out by trying: every probe loads, creates or attaches the smallest thing that
/// needs the feature and removes it at once. Answers are kept for the life of the process.
/// </summary>
public static partial class Features
{
    static readonly ConcurrentDictionary<(Type Kind, int Value, int Second, string Text), FeatureSupport> s_answers = new();

    /// <summary>Whether programs of a type can be loaded.</summary>
    public static FeatureSupport Program(ProgramType type) => Remember(type, () => ProbeProgramType(type));

    /// <summary>Whether maps of a type can be created.</summary>
    public static FeatureSupport Map(MapType type) => Remember(type, () => ProbeMapType(type));

    /// <summary>Whether programs can be attached in a way; most probes attach for a moment to something harmless.</summary>
    public static FeatureSupport Attach(AttachFeature feature) => Remember(feature, () => ProbeAttach(feature));

    /// <summary>Whether the kernel has an iterator over a kind of object, for example <c>task</c>, <c>tcp</c>, <c>bpf_map</c>.</summary>
    public static FeatureSupport Iterator(string target) => Remember(AttachFeature.Iterator, () => ProbeIterator(target), text: target);

    /// <summary>Whether programs of a type may call a helper.</summary>
    public static FeatureSupport Helper(ProgramType type, HelperFunction helper) => Remember(helper, () => ProbeHelper(type, helper), (int)type);

    /// <summary>Whether the kernel or one of its modules offers a function to programs; some types of program may still not call it.</summary>
    public static FeatureSupport Kfunc(string name) => Remember(ProgramType.Unspecified, () => ProbeKfunc(name), text: name);

    /// <summary>Whether programs of a type may call a function of the kernel proper (not of a module).</summary>
    public static FeatureSupport Kfunc(string name, ProgramType type) => Remember(type, () => ProbeKfunc(name, type), text: name);

    /// <summary>Whether the kernel has an ability beside types of program and map.</summary>
    public static FeatureSupport Kernel(BpfFeature feature) => Remember(feature, () => ProbeKernel(feature));

    /// <summary>Whether the kernel accepts BPF trampolines: fentry, fexit, fmod_ret, freplace and the BPF security module stand on them.</summary>
    public static FeatureSupport Trampolines => Attach(AttachFeature.Fentry);

    static FeatureSupport Remember<TKey>(TKey key, Func<FeatureSupport> probe, int second = 0, string text = "") where TKey : struct, Enum
    {
        var id = (typeof(TKey), Convert.ToInt32(key, System.Globalization.CultureInfo.InvariantCulture), second, text);
        return s_answers.TryGetValue(id, out var known) ? known : s_answers.GetOrAdd(id, probe());
    }
}

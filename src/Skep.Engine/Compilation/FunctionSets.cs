using Skep.Engine.Hooks;
using Skep.Engine.Rules;

namespace Skep.Engine.Compilation;

/// <summary>The kernel functions of a policy that one link and one program can serve, set by set: they have the same values and rules, and their arguments the same types.</summary>
sealed class FunctionSets
{
    readonly List<(HookTarget Hook, int Number, IReadOnlyDictionary<int, HookRequest> Members)> _sets = [];
    readonly HashSet<HookRequest> _held = new(ReferenceEqualityComparer.Instance);
    readonly Dictionary<HookRequest, HookResolution> _untraceable = new(ReferenceEqualityComparer.Instance);
    readonly Dictionary<HookRequest, string> _singly = new(ReferenceEqualityComparer.Instance);

    /// <summary>The sets, each with the number of its first request in the policy, and the request of every function by its place.</summary>
    public IReadOnlyList<(HookTarget Hook, int Number, IReadOnlyDictionary<int, HookRequest> Members)> All => _sets;

    /// <summary>Number of sets.</summary>
    public int Count => _sets.Count;

    /// <summary>Whether a request is in a set.</summary>
    public bool Holds(HookRequest request) => _held.Contains(request);

    /// <summary>Why one of many functions cannot be had, though the others can.</summary>
    public HookResolution? WhyNot(HookRequest request) => _untraceable.GetValueOrDefault(request);

    /// <summary>Why each of many functions that are treated alike is attached by itself; null for functions that are not many.</summary>
    public string? WhySingly(HookRequest request) => _singly.GetValueOrDefault(request);

    /// <summary>Finds the sets of a policy.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="resolver">Tells what the kernel offers.</param>
    /// <param name="many">Fewer functions than this make no set.</param>
    public static FunctionSets Take(Policy policy, HookResolver resolver, int many)
    {
        var sets = new FunctionSets();
        foreach (var group in policy.Hooks.Index().Where(r => r.Item.Target is FunctionHook).GroupBy(r => (r.Item.Values, r.Item.Rules, r.Item.WithReturn, r.Item.Enforces)).Where(g => g.Count() >= many))
        {
            var (number, first) = group.First();
            var why = policy.AttachesSingly ? "the policy wants no kprobe.multi"
                : first.Overrides ? "the result of each is replaced"
                : first.Values.Any(v => v is { Source: ValueSource.Argument } && Math.Max(v.Index, v.SizeIndex) >= CallRegisters.ArgumentCount) ? "an argument is in no register"
                : resolver.WhyNotMany(first.WithReturn);
            var requests = group.Select(r => r.Item).ToList();
            if (why is null) sets.Add(requests, number, resolver, many);
            else sets.Leave(requests, why);
        }
        return sets;
    }

    void Add(List<HookRequest> alike, int number, HookResolver resolver, int many)
    {
        var reached = new List<HookRequest>();
        foreach (var request in alike)
        {
            if (resolver.IsTraceable(NameOf(request))) reached.Add(request);
            else _untraceable.Add(request, resolver.Untraceable((FunctionHook)request.Target));
        }
        foreach (var group in reached.GroupBy(r => TypesOf(r, resolver), StringComparer.Ordinal))
        {
            // Of a function that is named twice, one program serves both.
            var members = group.GroupBy(NameOf, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => g.First()).ToList();
            if (members.Count < many)
            {
                Leave(group, "too few of them have arguments of the same types");
                continue;
            }
            _held.UnionWith(group);
            _sets.Add((new FunctionSetHook([.. members.Select(NameOf)]), number, members.Select((request, place) => (request, place)).ToDictionary(m => m.place, m => m.request)));
        }
    }

    void Leave(IEnumerable<HookRequest> group, string why)
    {
        foreach (var request in group) _singly[request] = why;
    }

    static string NameOf(HookRequest request) => ((FunctionHook)request.Target).Function;

    /// <summary>What a program has to know of the arguments that it reads: their types where it follows them, otherwise that they exist.</summary>
    static string TypesOf(HookRequest request, HookResolver resolver)
    {
        if (resolver.SignatureOf(NameOf(request)) is not { } signature) return "";
        return string.Join(' ', request.Values.Where(v => v.Source == ValueSource.Argument).Select(v => v.Index >= signature.Parameters.Count || v.SizeIndex >= signature.Parameters.Count
            ? "none"
            : v.Path.Length > 0 || v.Kind == ValueKind.Text || Captures.KernelStructOf(v.Kind) is not null ? TypeOf(signature, v.Index) : "number"));
    }

    static string TypeOf(FunctionSignature signature, int parameter)
    {
        var type = signature.TypeOf(parameter);
        return type.Kind == Bpf.BtfKind.Pointer ? $"*{type.Btf.Resolve(type.TypeId).Id}" : $"{type.Kind}";
    }
}

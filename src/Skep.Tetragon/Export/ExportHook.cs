using System.Text;
using Skep.Engine.Rules;

namespace Skep.Tetragon.Export;

/// <summary>What is printed of a hook, the same in each of its events: made once when its policy is loaded.</summary>
public sealed class ExportHook
{
    readonly ExportRule[] _rules;
    readonly byte[] _verb, _verbObject;

    /// <summary>Prepares the fragments.</summary>
    /// <param name="section">Kind of the events.</param>
    /// <param name="name">
    /// Of a function as it is attached (<c>__x64_sys_openat</c>), of an LSM hook, of a usdt, or of a tracepoint with its subsystem (<c>sched/sched_switch</c>).
    /// </param>
    /// <param name="policyName">The policy.</param>
    /// <param name="values">How the captured values are printed, in the order of <see cref="HookRequest.Values"/>.</param>
    /// <param name="rules">What the rules do, in their order.</param>
    /// <param name="message">The policy's words about the hook.</param>
    /// <param name="tags">The policy's tags for the hook.</param>
    /// <param name="file">Where in a program or library the hook is; null for hooks of the kernel.</param>
    public ExportHook(ExportSection section, string name, string policyName, IReadOnlyList<ExportValue> values, IReadOnlyList<ExportRule>? rules = null,
        string message = "", IReadOnlyList<string>? tags = null, ExportFile? file = null)
    {
        (Section, FunctionName, Values, _rules) = (section, name, [.. values], [.. rules ?? []]);
        Opening = section switch
        {
            ExportSection.Tracepoint => "{\"process_tracepoint\":{\"process\":"u8.ToArray(),
            ExportSection.Lsm => "{\"process_lsm\":{\"process\":"u8.ToArray(),
            ExportSection.Uprobe => "{\"process_uprobe\":{\"process\":"u8.ToArray(),
            ExportSection.Usdt => "{\"process_usdt\":{\"process\":"u8.ToArray(),
            _ => "{\"process_kprobe\":{\"process\":"u8.ToArray(),
        };
        var slash = section == ExportSection.Tracepoint ? name.IndexOf('/', StringComparison.Ordinal) : -1;
        Name = Fragment(json =>
        {
            if (file is not null) Member(json, ",\"path\":"u8, file.Path);
            if (slash > 0) Member(json, ",\"subsys\":"u8, name[..slash]);
            if (section == ExportSection.Usdt && file is not null) Member(json, ",\"provider\":"u8, file.Provider);
            var member = section switch
            {
                ExportSection.Tracepoint => ",\"event\":"u8,
                ExportSection.Uprobe => ",\"symbol\":"u8,
                ExportSection.Usdt => ",\"name\":"u8,
                _ => ",\"function_name\":"u8,
            };
            Member(json, member, name[(slash + 1)..]);
        });
        Place = file is null ? [] : Fragment(json =>
        {
            json.NonZeroLong(",\"offset\":"u8, file.Offset);
            json.NonZeroLong(",\"ref_ctr_offset\":"u8, file.Counter);
        });
        PolicyName = Fragment(json => Member(json, ",\"policy_name\":"u8, policyName));
        Message = Fragment(json => Member(json, ",\"message\":"u8, message));
        Tags = tags is null or [] ? [] : Fragment(json =>
        {
            json.Raw(",\"tags\":["u8);
            foreach (var tag in tags)
            {
                json.Element();
                json.Text(tag);
            }
            json.Raw((byte)']');
        });
        HasArguments = values.Any(value => value.Role == ExportRole.Argument && value.Kind != ValueKind.None);
        HasData = values.Any(value => value.Role == ExportRole.Data && value.Kind != ValueKind.None);
        ReturnValue = Array.FindIndex(Values, value => value.Role == ExportRole.Return);
        var (verb, verbObject) = CompactVerb.Of(section, name, file);
        (_verb, _verbObject) = (Encoding.UTF8.GetBytes(verb), Encoding.UTF8.GetBytes(verbObject));
    }

    /// <summary>Kind of the events.</summary>
    public ExportSection Section { get; }

    /// <summary>Name of the function, LSM hook or tracepoint.</summary>
    public string FunctionName { get; }

    internal ExportValue[] Values { get; }

    internal byte[] Opening { get; }

    internal byte[] Name { get; }

    /// <summary>Offsets of a uprobe.</summary>
    internal byte[] Place { get; }

    internal byte[] PolicyName { get; }

    internal byte[] Message { get; }

    internal byte[] Tags { get; }

    internal bool HasArguments { get; }

    internal bool HasData { get; }

    internal int ReturnValue { get; }

    /// <summary>What people call it.</summary>
    internal ReadOnlySpan<byte> Verb => _verb;

    /// <summary>What they call it by when the verb does not say enough.</summary>
    internal ReadOnlySpan<byte> VerbObject => _verbObject;

    internal ExportRule? Rule(int index) => (uint)index < (uint)_rules.Length ? _rules[index] : null;

    /// <summary>How a hook's events are printed when its dialect says nothing more.</summary>
    public static ExportHook From(HookRequest request, string policyName)
    {
        var (section, name) = request.Target switch
        {
            TracepointHook tracepoint => (ExportSection.Tracepoint, $"{tracepoint.Category}/{tracepoint.Name}"),
            RawTracepointHook tracepoint => (ExportSection.Tracepoint, tracepoint.Name),
            SecurityHook hook => (ExportSection.Lsm, hook.Name),
            FunctionHook function => (ExportSection.Kprobe, function.Function),
            SyscallHook call => (ExportSection.Kprobe, SyscallPrefix + call.Name),
            UserFunctionHook function => (ExportSection.Uprobe, function.Address is { } address ? $"0x{address:x}" : function.Symbol),
            UsdtHook probe => (ExportSection.Usdt, probe.Name),
            _ => (ExportSection.Kprobe, request.Target.ToString() ?? ""),
        };
        var values = request.Values.Select(value => ValueOf(value, request.Values));
        return new ExportHook(section, name, policyName, [.. values], [.. request.Rules.Select(ExportRule.From)], file: request.Target switch
        {
            UserFunctionHook function => new ExportFile(function.Path, "", function.Offset ?? 0, function.Counter),
            UsdtHook probe => new ExportFile(probe.Path, probe.Provider, 0, 0),
            _ => null,
        });
    }

    static string SyscallPrefix => System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64
        ? "__arm64_sys_" : "__x64_sys_";

    static ExportValue ValueOf(ValueSpec value, IReadOnlyList<ValueSpec> all)
    {
        var role = value.Source switch
        {
            ValueSource.Returned => ExportRole.Return,
            ValueSource.Argument => ExportRole.Argument,
            _ => ExportRole.Data,
        };
        var size = -1;
        for (var place = 0; place < all.Count && value.SizeIndex >= 0 && size < 0; place++)
        {
            if (all[place] is { Source: ValueSource.Argument, Path: "" } other && other.Index == value.SizeIndex) size = place;
        }
        return new ExportValue(value.Kind, role, value.Label, size);
    }

    static byte[] Fragment(Action<JsonLineWriter> write)
    {
        var json = new JsonLineWriter(256);
        json.Raw((byte)' '); // a member looks at what is before it
        write(json);
        return json.Written[1..].ToArray();
    }

    static void Member(JsonLineWriter json, ReadOnlySpan<byte> name, string text) => json.NonEmpty(name, text);
}

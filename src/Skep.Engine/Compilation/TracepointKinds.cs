using Skep.Engine.Hooks;
using Skep.Engine.Rules;

namespace Skep.Engine.Compilation;

/// <summary>Gives values of kind <see cref="ValueKind.Auto"/> the kind that the tracepoint's format file tells.</summary>
static class TracepointKinds
{
    /// <summary>The request with all kinds known; or why one cannot be.</summary>
    public static (HookRequest Request, string? Unknown) Resolve(HookRequest request, ResolvedHook hook)
    {
        if (!request.Values.Any(v => v.Kind == ValueKind.Auto)) return (request, null);
        var values = new List<ValueSpec>(request.Values.Count);
        foreach (var value in request.Values)
        {
            if (value.Kind != ValueKind.Auto)
            {
                values.Add(value);
                continue;
            }
            if (hook.Format is not { } format) return (request, $"only a tracepoint tells the types of its values; say that of argument {value.Index}");
            if (value.Index >= format.Fields.Count) return (request, $"there is no field {value.Index}: the record has {format.Fields.Count}");
            values.Add(value with { Kind = KindOf(format.Fields[value.Index]) });
        }
        return (request with { Values = values }, null);
    }

    static ValueKind KindOf(TracepointField field) => field switch
    {
        { IsDataLocation: true } => ValueKind.DataLocation,
        { Type: "const char *" or "char *" } => ValueKind.Text,
        { Size: 1 } => field.IsSigned ? ValueKind.Int8 : ValueKind.UInt8,
        { Size: 2 } => field.IsSigned ? ValueKind.Int16 : ValueKind.UInt16,
        { Size: 4 } => field.IsSigned ? ValueKind.Int32 : ValueKind.UInt32,
        { Size: 8 } => field.IsSigned ? ValueKind.Int64 : ValueKind.UInt64,
        _ => field.Type.StartsWith("char[", StringComparison.Ordinal) || field.Type.StartsWith("char [", StringComparison.Ordinal) ? ValueKind.Text : ValueKind.UInt64,
    };
}

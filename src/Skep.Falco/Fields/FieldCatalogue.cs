using System.Collections.Frozen;

namespace Skep.Falco.Fields;

/// <summary>The fields of the source <c>syscall</c>, those of the plugins <c>container</c> and <c>k8smeta</c> among them.</summary>
public static class FieldCatalogue
{
    static readonly FrozenDictionary<string, FieldInfo> s_byName;

    static FieldCatalogue()
    {
        var fields = new List<FieldInfo>();
        foreach (var line in EmbeddedTable.Lines("fields.txt")) fields.Add(Parse(fields.Count, line));
        All = fields;
        s_byName = fields.ToFrozenDictionary(f => f.Name, StringComparer.Ordinal);
        Suggested = [.. fields.Where(f => f.Is(FieldTraits.Suggested))];
    }

    /// <summary>All fields, by their index.</summary>
    public static IReadOnlyList<FieldInfo> All { get; }

    /// <summary>Those that Falco appends to outputs.</summary>
    public static IReadOnlyList<FieldInfo> Suggested { get; }

    /// <summary>Finds a field by its very name.</summary>
    public static bool TryGet(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out FieldInfo? field) => s_byName.TryGetValue(name, out field);

    /// <summary>Finds a field whose argument may be the last part of the name: <c>evt.arg.flags</c>.</summary>
    /// <returns>Null, with the reason, when there is none or the argument does not fit.</returns>
    public static FieldReference? Find(string name, string? argument, out string error)
    {
        error = "";
        if (!TryGet(name, out var field) && argument is null)
        {
            for (var dot = name.LastIndexOf('.'); dot > 0 && field is null; dot = name.LastIndexOf('.', dot - 1))
            {
                if (!TryGet(name[..dot], out var shorter)) continue;
                if (shorter.Argument == FieldArgument.None || shorter.Argument == FieldArgument.Index) break;
                (field, argument) = (shorter, name[(dot + 1)..]);
            }
        }
        if (field is null)
        {
            error = $"filter_check called with nonexistent field {name}";
            return null;
        }
        return Bind(field, argument, out error);
    }

    static FieldReference? Bind(FieldInfo field, string? argument, out string error)
    {
        error = "";
        if (argument is null)
        {
            if (!field.Is(FieldTraits.ArgumentRequired)) return new(field, field.Type, null);
            error = $"field '{field.Name}' requires an argument but none was given";
            return null;
        }
        if (field.Argument == FieldArgument.None)
        {
            error = $"field '{field.Name}' does not accept an argument, but '{argument}' was given";
            return null;
        }
        var bound = new FieldReference(field, field.Type, argument);
        if (field.Argument == FieldArgument.Index && bound.ArgumentIndex < 0)
        {
            error = $"field '{field.Name}' requires a number as its argument, but '{argument}' was given";
            return null;
        }
        if (field.Argument != FieldArgument.Parameter) return bound;
        if (bound.ArgumentIndex < 0 && !EventCatalogue.HasParameter(argument))
        {
            error = $"unknown event argument '{argument}'";
            return null;
        }
        if (field.Type != FieldType.Any) return bound;
        if (bound.ArgumentIndex < 0) return new(field, EventCatalogue.TypeOfParameter(argument), argument);
        error = $"field '{field.Name}' requires the name of an event's argument, but '{argument}' was given";
        return null;
    }

    static FieldInfo Parse(int index, string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var argument = FieldArgument.None;
        var traits = FieldTraits.None;
        foreach (var word in words.AsSpan(2))
        {
            if (word.StartsWith("argument", StringComparison.Ordinal))
            {
                argument = Enum.Parse<FieldArgument>(word["argument!".Length..], ignoreCase: true);
                if (word["argument".Length] == '!') traits |= FieldTraits.ArgumentRequired;
                continue;
            }
            traits |= word switch
            {
                "filter" => FieldTraits.FilterOnly,
                "print" => FieldTraits.PrintOnly,
                "table" => FieldTraits.TableOnly,
                "lone" => FieldTraits.LeftOnly,
                "raw" => FieldTraits.NotTransformed,
                "list" => FieldTraits.List,
                "old" => FieldTraits.Deprecated,
                "suggested" => FieldTraits.Suggested,
                "ancestors" => FieldTraits.Ancestors,
                "ends" => FieldTraits.Ends,
                "padded" => FieldTraits.Padded,
                _ => throw new FormatException(line),
            };
        }
        return new(index, words[0], EmbeddedTable.TypeOf(words[1]), argument, traits);
    }
}

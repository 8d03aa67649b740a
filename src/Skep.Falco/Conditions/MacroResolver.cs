namespace Skep.Falco.Conditions;

/// <summary>Puts macros where their names stand. What a macro says is shared, not copied, but counted each time: twenty macros that each name the one before twice are a million checks.</summary>
sealed class MacroResolver(IReadOnlyDictionary<string, MacroEntry> macros)
{
    const long MostNodes = 300_000;
    const int Deepest = 1000;

    /// <exception cref="ConditionException">A macro is not there, contains itself, or grows too large.</exception>
    public ConditionNode Resolve(ConditionNode node, int visibility = int.MaxValue)
    {
        var (size, depth) = (0L, 0);
        return Resolve(node, visibility, 1, ref size, ref depth);
    }

    /// <exception cref="ConditionException">A macro is not there, contains itself, or grows too large.</exception>
    public ConditionNode Resolve(MacroEntry macro, int at)
    {
        if (macro.Resolved is { } known) return known;
        if (macro.IsBeingResolved) throw new ConditionException(at, $"reference loop in macro '{macro.Name}'");
        macro.IsBeingResolved = true;
        try
        {
            var (size, depth) = (0L, 0);
            macro.Resolved = Resolve(macro.Condition, macro.Visibility, 1, ref size, ref depth);
            (macro.Size, macro.Depth) = (size, depth);
            return macro.Resolved;
        }
        finally
        {
            macro.IsBeingResolved = false;
        }
    }

    ConditionNode Resolve(ConditionNode node, int visibility, int level, ref long size, ref int depth)
    {
        Count(node.At, 1, level, ref size, ref depth);
        switch (node)
        {
            case ConditionNode.And and:
                return and with { Parts = ResolveAll(and.Parts, visibility, level, ref size, ref depth) };
            case ConditionNode.Or or:
                return or with { Parts = ResolveAll(or.Parts, visibility, level, ref size, ref depth) };
            case ConditionNode.Not not:
                return not with { Inner = Resolve(not.Inner, visibility, level + 1, ref size, ref depth) };
            case ConditionNode.Macro named:
                if (!macros.TryGetValue(named.Name, out var macro) || macro.Index >= visibility) throw new ConditionException(named.At, $"Undefined macro '{named.Name}' used in filter.");
                macro.IsUsed = true;
                var resolved = ResolveNamed(macro, named.At);
                Count(named.At, macro.Size, level + macro.Depth, ref size, ref depth);
                return resolved;
            default:
                return node;
        }
    }

    // Places are those of the outermost condition: its author is the one to be told.
    ConditionNode ResolveNamed(MacroEntry macro, int at)
    {
        try
        {
            return Resolve(macro, at);
        }
        catch (ConditionException e)
        {
            throw new ConditionException(at, e.Message);
        }
    }

    ConditionNode[] ResolveAll(IReadOnlyList<ConditionNode> parts, int visibility, int level, ref long size, ref int depth)
    {
        var resolved = new ConditionNode[parts.Count];
        for (var i = 0; i < resolved.Length; i++) resolved[i] = Resolve(parts[i], visibility, level + 1, ref size, ref depth);
        return resolved;
    }

    static void Count(int at, long nodes, int level, ref long size, ref int depth)
    {
        size += nodes;
        depth = Math.Max(depth, level);
        if (size > MostNodes) throw new ConditionException(at, $"macros make more than {MostNodes} checks of this condition");
        if (depth > Deepest) throw new ConditionException(at, $"the condition is nested deeper than {Deepest} levels, macros counted");
    }
}

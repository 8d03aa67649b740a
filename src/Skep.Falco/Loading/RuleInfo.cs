namespace Skep.Falco.Loading;

/// <summary>A rule as the files put it together.</summary>
sealed class RuleInfo(string name, int index, LoadContext context)
{
    public string Name { get; } = name;

    public int Index { get; } = index;

    public LoadContext Context { get; } = context;

    public string Source { get; set; } = RuleCollector.SyscallSource;

    public bool IsSourceKnown { get; set; } = true;

    public ConditionText Condition { get; set; } = null!;

    public ConditionText Output { get; set; } = null!;

    public string Description { get; set; } = "";

    public FalcoPriority Priority { get; set; }

    public List<string> Tags { get; set; } = [];

    public List<ExceptionInfo> Exceptions { get; set; } = [];

    public bool Enabled { get; set; } = true;

    public bool WarnsOfEventTypes { get; set; } = true;

    public bool SkipsUnknownFilters { get; set; }

    public bool Capture { get; set; }

    public long CaptureDuration { get; set; }

    public FalcoAction? Action { get; set; }

    public FalcoWindow? Window { get; set; }
}

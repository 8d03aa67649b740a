using Skep.Engine.Bench;

const string Usage = """
    usage: Skep.Engine.Bench VERB
      match    text matchers in the kernel: nanoseconds a text and a byte for 1, 100 and 10,000 patterns
    """;

switch (args)
{
    case ["match"]: return MatchBench.Run();
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}

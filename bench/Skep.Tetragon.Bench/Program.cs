using Skep.Tetragon.Bench;

const string Usage = """
    usage: Skep.Tetragon.Bench VERB
      export  records decoded and printed as JSON and as lines for people, on one core
    """;

switch (args)
{
    case ["export"]: return ExportBench.Run();
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}

//! What the NIST CSF 2.0 subcategories ask for, in our words: these are no quotations.

/// What a subcategory asks for; `None` for one that is not known here.
pub(crate) fn outcome(id: &str) -> Option<&'static str> {
    Some(match id {
        "ID.AM-05" => "What is worth protecting is put in order of importance.",
        "ID.IM-01" => "Evaluations show what to do better.",
        "ID.IM-02" => "Tests and exercises show what to do better.",
        "ID.IM-03" => "Running the processes shows what to do better.",
        "ID.IM-04" => "Plans for incidents are made, told to those concerned, kept up and improved.",
        "PR.DS-11" => "Backups are made, protected, kept and tested.",
        "DE.CM-01" => "Networks are watched for what may go wrong.",
        "DE.CM-02" => "The premises are watched for what may go wrong.",
        "DE.CM-03" => "What people do with technology is watched for what may go wrong.",
        "DE.CM-06" => "What providers do is watched for what may go wrong.",
        "DE.CM-09" => "Machines, software and their data are watched for what may go wrong.",
        "RS.MA-01" => {
            "The plan for incidents is carried out, with others where they are concerned, once one is declared."
        }
        "RS.MA-02" => "Reports of incidents are sorted and checked.",
        "RS.MA-03" => "Incidents are put into kinds and ranked.",
        "RS.MA-04" => "Incidents are escalated where needed.",
        "RS.MA-05" => "What has to be so before recovery begins is applied.",
        "RS.AN-03" => "What happened, and why, is found out.",
        "RS.AN-06" => {
            "What was done is recorded, and that the record is whole and where it came from can be shown."
        }
        "RS.AN-07" => {
            "Data about the incident is collected, and that it is whole and where it came from can be shown."
        }
        "RS.AN-08" => "How large the incident is is estimated and checked.",
        "RC.RP-01" => "The recovery part of the plan is carried out once it is called for.",
        "RC.RP-02" => "What to do to recover is chosen, bounded, put in order and done.",
        "RC.RP-03" => "Backups are checked to be whole before they are used.",
        "RC.RP-04" => "What the business needs most decides what normal is after the incident.",
        "RC.RP-05" => {
            "What was restored is checked to be whole, service is back, and that things are normal is confirmed."
        }
        "RC.RP-06" => {
            "The end of recovery is declared by what was agreed for it, and the incident is written up."
        }
        "RC.CO-03" => "Those concerned are told how recovery goes.",
        "RC.CO-04" => "The public is told how recovery goes, in agreed ways.",
        _ => return None,
    })
}
